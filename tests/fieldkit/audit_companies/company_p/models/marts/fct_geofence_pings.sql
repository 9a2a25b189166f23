{{ config(materialized='incremental', unique_key='ping_id') }}

with pings as (
    select *
    from {{ source('lake', 'gps_pings') }}
    {% if is_incremental() %}
    where ping_date >= (select max(ping_date) from {{ this }})
    {% endif %}
),

depots as (
    select depot_id, geofence_hash
    from {{ source('ref_data', 'depots') }}
)

select
    p.ping_id,
    p.vehicle_id,
    p.ping_date,
    p.pinged_at,
    p.geofence_hash is not null as in_geofence,
    p.speed_kmh
from pings p
where p.geofence_hash in (select geofence_hash from depots)
