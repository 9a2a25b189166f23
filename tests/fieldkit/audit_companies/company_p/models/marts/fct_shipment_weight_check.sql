with item_weight as (
    select
        i.shipment_id,
        s.booked_date,
        s.weight_kg as declared_weight_kg,
        i.line_no,
        i.weight_kg
    from {{ source('lake', 'shipments') }} s
    join {{ source('lake', 'shipment_items') }} i
        on i.shipment_id = s.shipment_id
       and i.booked_date = s.booked_date
    where s.booked_date >= '{{ var("start_date") }}'
)

select
    shipment_id,
    booked_date,
    max(declared_weight_kg) as declared_weight_kg,
    sum(weight_kg) as measured_weight_kg
from item_weight
group by shipment_id, booked_date
