{{ config(materialized='table') }}

with docks as (
    select station_id, dock_no, slots, is_electric
    from {{ source('lake', 'station_docks') }}
    where slots > 0
)

select
    s.station_id,
    s.station_name,
    s.district,
    count(*) as docks,
    sum(d.slots) as slots,
    sum(case when d.is_electric then d.slots else 0 end) as electric_slots
from {{ source('lake', 'stations') }} s
join docks d
    on d.station_id = s.station_id
group by
    s.station_id,
    s.station_name,
    s.district
