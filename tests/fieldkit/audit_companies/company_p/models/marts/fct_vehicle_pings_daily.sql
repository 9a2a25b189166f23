{{ config(materialized='incremental', unique_key=['vehicle_id', 'ping_date'], incremental_strategy='delete+insert') }}

with pings as (
    select vehicle_id, ping_date, ping_id, speed_kmh, received_at
    from {{ source('lake', 'gps_pings') }}
    {% if is_incremental() %}
    where received_at > (select max(last_received_at) from {{ this }})
    {% endif %}
)

select
    vehicle_id,
    ping_date,
    count(*) as pings,
    max(speed_kmh) as max_speed_kmh,
    max(received_at) as last_received_at
from pings
group by vehicle_id, ping_date
