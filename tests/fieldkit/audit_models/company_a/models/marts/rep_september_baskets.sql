{{ config(materialized='table', tags=['finance']) }}

with september_orders as (

    select
        order_id,
        customer_id,
        store_id,
        total_cents,
        delivery_fee_cents
    from {{ source('shop', 'orders') }}
    where format_date('%Y-%m', order_date) = '2024-09'
      and status = 'delivered'

),

stores as (

    select store_id, store_name, region
    from {{ source('shop', 'stores') }}

)

select
    stores.region,
    stores.store_name,
    count(*) as baskets,
    avg(september_orders.total_cents) / 100 as avg_basket_eur,
    sum(september_orders.delivery_fee_cents) / 100 as delivery_fees_eur
from september_orders
inner join stores
    on stores.store_id = september_orders.store_id
group by stores.region, stores.store_name
