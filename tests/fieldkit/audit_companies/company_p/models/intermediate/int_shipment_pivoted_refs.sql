with refs as (
    select shipment_id, ref_type, ref_value
    from {{ source('lake', 'shipment_references') }}
)

select
    shipment_id,
    max(case when ref_type = 'PO' then ref_value end) as purchase_order,
    max(case when ref_type = 'AWB' then ref_value end) as air_waybill,
    max(case when ref_type = 'CUST' then ref_value end) as customer_reference,
    count(*) as reference_count
from refs
group by shipment_id
