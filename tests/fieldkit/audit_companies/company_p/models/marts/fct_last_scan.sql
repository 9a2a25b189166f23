with ranked as (
    select
        shipment_id,
        depot_id,
        scan_type,
        scan_date,
        scanned_at,
        row_number() over (partition by shipment_id order by scanned_at desc) as rn
    from {{ source('lake', 'scan_events') }}
)

select
    shipment_id,
    depot_id as last_depot_id,
    scan_type as last_scan_type,
    scan_date as last_scan_date,
    scanned_at as last_scanned_at
from ranked
where rn = 1
  and scan_date >= '{{ var("start_date") }}'
