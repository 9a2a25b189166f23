{{ config(materialized='table') }}

with t as (
    select trip_id, trip_date, rider_id, started_at
    from {{ source('lake', 'trips') }}
    where trip_date >= date '2024-09-01' - interval 30 day
      and trip_date < date '2024-10-01'
), gaps as (
    select
        trip_id,
        trip_date,
        rider_id,
        trip_date - lag(trip_date) over (partition by rider_id order by started_at, trip_id) as days_since_last
    from t
)

select
    trip_date,
    count(*) filter (where days_since_last is null) as first_in_30_days,
    count(*) filter (where days_since_last > 7) as returned_after_a_week,
    count(*) as trips
from gaps
where trip_date >= date '2024-09-01'
group by trip_date
