-- Orders that contain at least one line with ten or more pieces.
{{ config(materialized='table') }}

select distinct
    o.order_id,
    o.order_date,
    o.customer_id,
    o.store_id,
    o.status,
    o.total_cents
from {{ source('shop', 'orders') }} as o
inner join {{ source('shop', 'order_lines') }} as l
    on o.order_id = l.order_id
where o.order_date >= '2024-01-01'
  and o.order_date < '2024-07-01'
  and l.order_date >= '2024-01-01'
  and l.order_date < '2024-07-01'
  and l.quantity >= 10
  and o.status in (
      'delivered',
      'shipped'
  )
