{{ config(materialized='table') }}

with last_repair as (
    select bike_id, max(repaired_on) as last_repaired_on, sum(cost_eur) as repair_cost_eur
    from {{ source('lake', 'repairs') }}
    group by bike_id
), rides as (
    select bike_id, count(*) as trips, max(trip_date) as last_trip_on
    from {{ source('lake', 'trips') }}
    where trip_date between date '{{ var("period_from") }}' and date '{{ var("period_to") }}'
    group by bike_id
)

select
    b.bike_id,
    b.model,
    coalesce(r.trips, 0) as trips,
    r.last_trip_on,
    l.last_repaired_on,
    coalesce(l.repair_cost_eur, 0) as repair_cost_eur,
    now() as refreshed_at
from {{ source('lake', 'bikes') }} b
left join rides r on r.bike_id = b.bike_id
left join last_repair l on l.bike_id = b.bike_id
