{{ config(materialized='table') }}

with t as (
    select trip_id, start_station_id, fare_eur, distance_m
    from {{ source('lake', 'trips') }}
    where trip_date >= date '2024-09-01'
      and trip_date < date '2024-10-01'
)

select
    coalesce(z.zone, 'outside') as zone,
    z.tariff,
    count(*) as trips,
    sum(t.fare_eur) as fare_eur,
    sum(t.distance_m) / 1000.0 as km
from t
left join {{ source('lake', 'station_zones') }} z
    on z.station_id = t.start_station_id
group by
    coalesce(z.zone, 'outside'),
    z.tariff
