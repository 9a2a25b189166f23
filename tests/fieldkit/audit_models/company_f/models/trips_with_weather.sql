{{ config(materialized='table') }}

with w as (
    select
        weather_day,
        rain_mm,
        temp_max_c,
        rain_mm > 5 as is_wet_day
    from {{ source('lake', 'weather') }}
)

select
    t.*,
    w.rain_mm,
    w.temp_max_c,
    w.is_wet_day
from {{ source('lake', 'trips') }} t
left join w
    on w.weather_day = t.trip_date
where t.trip_date >= date '2024-07-01'
  and t.trip_date < date '2024-10-01'
