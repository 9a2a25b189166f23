{{ config(materialized='incremental', unique_key='trip_id', incremental_strategy='delete+insert') }}

with t as (
    select
        trip_id, trip_date, bike_id, rider_id,
        start_station_id, end_station_id,
        started_at, ended_at, fare_eur, distance_m
    from {{ source('lake', 'trips') }}
    where ended_at is not null
)

select
    trip_id,
    trip_date,
    bike_id,
    rider_id,
    start_station_id,
    end_station_id,
    date_diff('minute', started_at, ended_at) as minutes,
    distance_m / 1000.0 as km,
    fare_eur,
    {% if is_incremental() %}'delta'{% else %}'initial'{% endif %} as load_type
from t
