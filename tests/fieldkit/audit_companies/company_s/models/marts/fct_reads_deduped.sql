{{ config(materialized='incremental', unique_key=['meter_id', 'read_ts']) }}

with new_reads as (
    select meter_id, read_ts, read_date, kwh, received_at
    from {{ source('grid', 'meter_reads') }}
    {% if is_incremental() %}
    where read_date >= (select dateadd('day', -3, max(read_date)) from {{ this }})
    {% endif %}
)

select meter_id, read_ts, read_date, kwh, received_at
from new_reads
qualify row_number() over (partition by meter_id, read_ts order by received_at desc) = 1
