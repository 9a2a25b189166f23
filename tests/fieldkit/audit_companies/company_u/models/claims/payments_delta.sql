{{ config(materialized='incremental', unique_key='movement_id') }}

select
    concat('P-', cast(payment_id as varchar)) as movement_id,
    claim_id,
    payment_date as movement_date,
    paid_amount as amount
from {{ source('core', 'claim_payments') }}
{% if is_incremental() %}
where payment_date >= (select max(movement_date) from {{ this }})
{% endif %}

union all

select
    concat('B-', cast(booking_id as varchar)) as movement_id,
    claim_id,
    booking_date as movement_date,
    -premium_amount as amount
from {{ source('core', 'premiums_booked') }}
where claim_id is not null
{% if is_incremental() %}
  and booking_date >= (select max(movement_date) from {{ this }})
{% endif %}
