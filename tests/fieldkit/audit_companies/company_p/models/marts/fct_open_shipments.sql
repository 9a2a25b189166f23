select
    s.shipment_id,
    s.customer_id,
    c.customer_name,
    s.booked_date,
    s.promised_date,
    date_diff('day', s.booked_date, current_date) as days_open,
    current_timestamp as loaded_at
from {{ source('lake', 'shipments') }} s
left join {{ source('ref_data', 'customers') }} c on c.customer_id = s.customer_id
where s.booked_date >= '{{ var("start_date") }}'
  and s.delivered_at is null
