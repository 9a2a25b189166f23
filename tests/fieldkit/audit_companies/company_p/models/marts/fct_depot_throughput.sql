with scans as (
    select depot_id, scan_type, shipment_id, scanned_at
    from {{ source('lake', 'scan_events') }}
    where scan_type in ('IN', 'OUT')
),

per_depot as (
    select
        depot_id,
        count(*) filter (where scan_type = 'IN') as scans_in,
        count(*) filter (where scan_type = 'OUT') as scans_out,
        min(scanned_at) as first_scan_at,
        max(scanned_at) as last_scan_at
    from scans
    group by depot_id
)

select
    d.depot_id,
    d.depot_name,
    d.country_code,
    p.scans_in,
    p.scans_out,
    p.first_scan_at,
    p.last_scan_at
from per_depot p
join {{ source('ref_data', 'depots') }} d on d.depot_id = p.depot_id
