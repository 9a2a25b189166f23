{{ config(materialized='table') }}

with t as (
    select trip_id, bike_id, distance_m
    from {{ source('lake', 'trips') }}
    where trip_date >= date '2024-01-01'
      and trip_date < date '2025-01-01'
), r as (
    select repair_id, bike_id, cost_eur
    from {{ source('lake', 'repairs') }}
    where repaired_on >= date '2024-01-01'
)

select
    b.model,
    count(distinct t.bike_id) as bikes,
    count(distinct r.repair_id) as repairs,
    sum(t.distance_m) / 1000.0 as km
from t
join {{ source('lake', 'bikes') }} b using (bike_id)
join r on r.bike_id = t.bike_id
group by b.model
