{{ config(materialized='table') }}

with delivered as (

    select
        order_date,
        store_id,
        delivery_fee_cents,
        total_cents
    from {{ source('shop', 'orders') }}
    where order_date >= date '2024-01-01'
      and status = 'delivered'

)

select
    order_date,
    store_id,
    count(*) as deliveries,
    sum(delivery_fee_cents) as fee_cents,
    sum(total_cents) as goods_cents
from delivered
group by order_date, store_id
order by fee_cents desc, store_id
