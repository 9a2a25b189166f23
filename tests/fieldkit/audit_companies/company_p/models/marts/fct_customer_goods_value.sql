with s as (
    select shipment_id, customer_id
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
),

i as (
    select shipment_id, line_no, quantity, unit_value, weight_kg
    from {{ source('lake', 'shipment_items') }}
    where booked_date >= '{{ var("start_date") }}'
)

select
    s.customer_id,
    count(distinct s.shipment_id) as shipments,
    sum(i.quantity * i.unit_value) as goods_value,
    sum(i.weight_kg) as weight_kg
from s
join i on i.shipment_id = s.shipment_id
group by s.customer_id
