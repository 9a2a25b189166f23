with s as (
    select shipment_id, customer_id, declared_value, freight_charge
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
),

i as (
    select shipment_id, line_no, weight_kg
    from {{ source('lake', 'shipment_items') }}
    where booked_date >= '{{ var("start_date") }}'
)

select
    s.customer_id,
    sum(i.weight_kg) as weight_kg,
    sum(s.declared_value) as declared_value
from s
join i on i.shipment_id = s.shipment_id
group by s.customer_id
