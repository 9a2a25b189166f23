with orders as (

    select
        order_id,
        order_date,
        store_id,
        total_cents
    from {{ source('shop', 'orders') }}
    where order_date >= date '2024-06-01'
      and order_date < date '2024-09-01'
      and extract(dayofweek from order_date) in (1, 7)

)

select
    store_id,
    extract(month from order_date) as order_month,
    count(*) as weekend_orders,
    sum(total_cents) as weekend_cents,
    max(total_cents) as biggest_cents
from orders
group by
    store_id,
    order_month
