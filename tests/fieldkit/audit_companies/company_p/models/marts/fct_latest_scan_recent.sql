select
    shipment_id,
    depot_id,
    scan_type,
    scan_date,
    scanned_at
from {{ source('lake', 'scan_events') }}
where scan_date >= '{{ var("start_date") }}'
  and scan_date <= '{{ var("run_date") }}'
qualify row_number() over (partition by shipment_id order by scanned_at desc, scan_id desc) = 1
