with shipments as (
    select
        shipment_id,
        customer_id,
        carrier_id,
        origin_depot_id,
        booked_date,
        freight_charge,
        status
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
),

refs as (
    select shipment_id, ref_type, ref_value
    from {{ source('lake', 'shipment_references') }}
    where ref_type in ('PO', 'AWB', 'CUST')
),

billed as (
    select shipment_id, sum(net_amount) as billed_amount
    from {{ source('lake', 'invoices') }}
    group by shipment_id
),

joined as (
    select
        s.shipment_id,
        s.customer_id,
        s.booked_date,
        s.freight_charge,
        b.billed_amount,
        r.ref_value
    from shipments s
    left join refs r on r.shipment_id = s.shipment_id
    left join billed b on b.shipment_id = s.shipment_id
    where s.status <> 'CANCELLED'
),

per_customer as (
    select
        customer_id,
        count(distinct shipment_id) as shipments,
        count(distinct ref_value) as distinct_references,
        sum(freight_charge) as freight_charge,
        max(billed_amount) as largest_billed_amount
    from joined
    group by customer_id
)

select
    c.customer_id,
    c.customer_name,
    c.segment,
    p.shipments,
    p.distinct_references,
    p.freight_charge,
    p.largest_billed_amount
from per_customer p
join {{ source('ref_data', 'customers') }} c on c.customer_id = p.customer_id
