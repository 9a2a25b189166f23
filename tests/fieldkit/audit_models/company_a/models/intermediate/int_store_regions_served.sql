-- which customer cities does each store region deliver to
{{ config(materialized='table') }}

with orders as (

    select customer_id, store_id
    from {{ source('shop', 'orders') }}
    where {{ in_range('order_date', '2024-01-01', '2024-07-01') }}

)

select distinct
    s.region as store_region,
    c.city as customer_city
from orders as o
inner join {{ source('shop', 'stores') }} as s
    on s.store_id = o.store_id
inner join {{ source('shop', 'customers') }} as c
    on c.customer_id = o.customer_id
where c.city is not null
  and s.region is not null
