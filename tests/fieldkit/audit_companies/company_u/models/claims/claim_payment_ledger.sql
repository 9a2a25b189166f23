{{ config(materialized='incremental', unique_key='payment_id', incremental_strategy='append') }}

select *
from {{ source('core', 'claim_payments') }}
where reversed = false
{% if is_incremental() %}
  and payment_id > (select max(payment_id) from {{ this }})
{% endif %}
