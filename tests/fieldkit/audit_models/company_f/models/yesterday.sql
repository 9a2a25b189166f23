{{ config(materialized='table') }}

-- KPIs of yesterday for the morning mail
select
    t.trip_date,
    s.district,
    count(*) as trips,
    count(distinct t.rider_id) as riders,
    count(distinct t.bike_id) as bikes,
    sum(t.fare_eur) as fare_eur,
    sum(t.distance_m) / 1000.0 as km,
    max(t.distance_m) as longest_m
from {{ source('lake', 'trips') }} t
join {{ source('lake', 'stations') }} s
    on s.station_id = t.start_station_id
where t.trip_date = current_date - 1
    and t.fare_eur >= 0
    and t.rider_id is not null
group by
    t.trip_date,
    s.district
