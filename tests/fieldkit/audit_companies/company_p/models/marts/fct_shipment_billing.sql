select
    s.shipment_id,
    s.customer_id,
    s.booked_date,
    s.freight_charge,
    inv.invoice_id,
    inv.invoice_date,
    inv.net_amount,
    inv.net_amount - s.freight_charge as billed_difference
from {{ source('lake', 'shipments') }} s
join {{ source('lake', 'invoices') }} inv
    on inv.shipment_id = s.shipment_id
where s.booked_date between '{{ var("start_date") }}' and '{{ var("run_date") }}'
  and s.status = 'DELIVERED'
