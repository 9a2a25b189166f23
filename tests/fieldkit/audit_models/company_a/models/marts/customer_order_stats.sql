{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='customer_id'
    )
}}

with touched_customers as (

    select
        customer_id,
        city,
        tier,
        updated_at
    from {{ source('shop', 'customers') }}
    {% if is_incremental() %}
    where updated_at > (select max(updated_at) from {{ this }})
    {% endif %}

),

order_totals as (

    select
        customer_id,
        count(*) as order_count,
        sum(total_cents) as lifetime_cents,
        max(ordered_at) as last_ordered_at
    from {{ source('shop', 'orders') }}
    where status != 'cancelled'
    group by customer_id

)

select
    touched_customers.customer_id,
    touched_customers.city,
    touched_customers.tier,
    touched_customers.updated_at,
    order_totals.order_count,
    order_totals.lifetime_cents,
    order_totals.last_ordered_at
from touched_customers
inner join order_totals
    on order_totals.customer_id = touched_customers.customer_id
