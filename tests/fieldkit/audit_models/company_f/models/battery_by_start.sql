{{ config(materialized='table') }}

with pings as (
    select ping_id, ping_date, trip_id, bike_id, battery
    from {{ source('lake', 'gps_pings') }}
    where ping_date = date '2024-09-14'
      and battery is not null
)

select
    t.start_station_id,
    s.station_name,
    s.district,
    count(*) as pings,
    min(p.battery) as lowest_battery,
    avg(p.battery) as avg_battery
from pings p
join {{ source('lake', 'trips') }} t
    on t.trip_id = p.trip_id
join {{ source('lake', 'stations') }} s
    on s.station_id = t.start_station_id
group by all
