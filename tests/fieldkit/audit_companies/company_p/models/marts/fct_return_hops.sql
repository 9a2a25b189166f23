{{ config(materialized='incremental', unique_key='scan_id') }}

select
    e.scan_id,
    e.shipment_id,
    e.depot_id,
    e.scan_type,
    e.scan_date,
    e.scanned_at
from {{ source('lake', 'scan_events') }} e
{% if is_incremental() %}
where e.scan_date >= (select max(scan_date) from {{ this }})
   or e.scan_type = 'RETURN'
{% endif %}
