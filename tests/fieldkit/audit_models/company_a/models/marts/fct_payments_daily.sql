{{
    config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'paid_date', 'data_type': 'date'}
    )
}}

select
    paid_date,
    method,
    count(*) as payments,
    sum(amount_cents) as amount_cents,
    count(distinct order_id) as orders
from {{ source('shop', 'payments') }}

{% if is_incremental() %}
where paid_date >= date_sub(_dbt_max_partition, interval 2 day)
{% endif %}

group by
    paid_date,
    method
