{{ config(materialized='incremental', unique_key='day_key') }}

select
    to_char(r.result_date, 'YYYYMMDD') || '-' || r.test_code as day_key,
    r.result_date,
    r.test_code,
    count(*) as results,
    avg(r.value) as avg_value,
    min(r.value) as min_value,
    max(r.value) as max_value,
    max(r.received_at) as last_received_at
from {{ source('emr', 'lab_results') }} r
where r.unit is not null
  and r.value is not null
group by
    r.result_date,
    r.test_code
{% if is_incremental() %}
having max(r.received_at) > (select max(t.last_received_at) from {{ this }} t)
{% endif %}
