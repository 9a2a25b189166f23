{{ config(materialized='incremental', unique_key='incident_id') }}

select
    'O-' || outage_id as incident_id,
    feeder_id,
    outage_date as incident_date,
    'outage' as incident_type,
    minutes_lost
from {{ source('grid', 'outages') }}
{% if is_incremental() %}
where outage_date > (select max(incident_date) from {{ this }})
{% endif %}

union all

select
    'E-' || event_id as incident_id,
    feeder_id,
    event_date as incident_date,
    event_code as incident_type,
    null as minutes_lost
from {{ source('grid', 'meter_events') }}
where severity >= 3
