select distinct
    c.customer_id,
    c.customer_name,
    c.segment,
    c.billing_country
from {{ source('ref_data', 'customers') }} c
join {{ source('lake', 'shipments') }} s
    on s.customer_id = c.customer_id
where s.booked_date >= '{{ var("start_date") }}'
  and s.status <> 'CANCELLED'
