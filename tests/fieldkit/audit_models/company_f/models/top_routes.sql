{{ config(materialized='table') }}

with routes as (
    select
        start_station_id,
        end_station_id,
        count(*) as trips,
        avg(distance_m) as avg_distance_m
    from {{ source('lake', 'trips') }}
    where trip_date >= date '2024-09-01'
      and trip_date < date '2024-10-01'
      and start_station_id <> end_station_id
    group by all
)

select
    start_station_id,
    end_station_id,
    trips,
    round(avg_distance_m) as avg_distance_m
from routes
order by
    trips desc,
    start_station_id,
    end_station_id
limit 50
