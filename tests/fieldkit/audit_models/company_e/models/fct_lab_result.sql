{{
    config(
        materialized='incremental',
        unique_key='result_id',
        on_schema_change='fail'
    )
}}

select
    r.result_id,
    r.result_date,
    r.patient_id,
    r.appointment_id,
    r.test_code,
    r.value,
    r.unit,
    r.received_at
from {{ source('emr', 'lab_results') }} r
where
{% if is_incremental() %}
    r.result_date >= (select max(t.result_date) - 7 from {{ this }} t)
{% else %}
    r.result_date >= date '{{ var("labs_from") }}'
{% endif %}
    and r.value is not null
