with open_shipments as (
    select *
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
      and delivered_at is null
)

select
    o.*,
    c.customer_name,
    c.segment
from open_shipments o
left join {{ source('ref_data', 'customers') }} c
    on c.customer_id = o.customer_id
where o.promised_date < current_date
