{{ config(materialized='table') }}

select
    o.store_id,
    p.category,
    count(distinct o.order_id) as orders,
    count(distinct l.product_id) as products,
    sum(l.quantity) as pieces,
    sum(l.quantity * l.unit_price_cents) as gross_cents
from {{ source('shop', 'orders') }} as o
inner join {{ source('shop', 'order_lines') }} as l
    on l.order_id = o.order_id
inner join {{ ref('stg_products') }} as p
    on p.product_id = l.product_id
where o.order_date between date '2024-04-01' and date '2024-06-30'
  and o.status = 'delivered'
group by
    o.store_id,
    p.category
having sum(l.quantity) > 0
