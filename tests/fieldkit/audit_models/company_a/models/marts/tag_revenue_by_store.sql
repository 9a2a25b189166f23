{{ config(materialized='table') }}

with orders as (

    select order_id, customer_id, store_id, total_cents
    from {{ source('shop', 'orders') }}
    where order_date >= date '2024-07-01'
      and order_date < date '2024-10-01'

),

tags as (

    select customer_id, tag
    from {{ source('shop', 'customer_tags') }}
    where tag in ('vegan', 'family', 'student')

)

select
    orders.store_id,
    sum(orders.total_cents) as tagged_customer_revenue_cents,
    sum(orders.total_cents) / 100 as tagged_customer_revenue_eur
from orders
inner join tags
    on tags.customer_id = orders.customer_id
group by orders.store_id
