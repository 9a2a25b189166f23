{{ config(materialized='table') }}

with tag_list as (

    select
        customer_id,
        string_agg(tag, ', ' order by tag) as tags,
        count(*) as tag_count,
        logical_or(tag = 'vegan') as is_vegan,
        logical_or(tag = 'family') as is_family
    from {{ source('shop', 'customer_tags') }}
    group by customer_id

),

orders as (

    select
        order_id,
        customer_id,
        store_id,
        total_cents,
        delivery_fee_cents
    from {{ source('shop', 'orders') }}
    where order_date between '2024-01-01' and '2024-12-31'
      and status = 'delivered'

),

paid as (

    select
        order_id,
        sum(amount_cents) as paid_cents,
        count(*) as payment_count
    from {{ source('shop', 'payments') }}
    where paid_date between '2024-01-01' and '2025-01-31'
    group by order_id

),

joined as (

    select
        orders.customer_id,
        orders.order_id,
        orders.total_cents,
        orders.delivery_fee_cents,
        coalesce(paid.paid_cents, 0) as paid_cents,
        coalesce(paid.payment_count, 0) as payment_count,
        stores.region,
        tag_list.tags,
        tag_list.is_vegan,
        tag_list.is_family
    from orders
    left join tag_list
        on tag_list.customer_id = orders.customer_id
    left join paid
        on paid.order_id = orders.order_id
    left join {{ source('shop', 'stores') }} as stores
        on stores.store_id = orders.store_id

)

select
    customer_id,
    region,
    tags,
    is_vegan,
    is_family,
    count(*) as orders,
    sum(total_cents) as revenue_cents,
    sum(delivery_fee_cents) as fee_cents,
    sum(paid_cents) as paid_cents,
    sum(total_cents) - sum(paid_cents) as open_cents,
    sum(payment_count) as payments
from joined
group by
    customer_id,
    region,
    tags,
    is_vegan,
    is_family
