with scans as (
    select shipment_id, depot_id, scan_type, scanned_at
    from {{ source('lake', 'scan_events') }}
    where scan_date between '{{ var("start_date") }}' and '{{ var("run_date") }}'
),

paired as (
    select
        shipment_id,
        depot_id,
        scan_type,
        scanned_at,
        lead(scanned_at) over (partition by shipment_id, depot_id order by scanned_at) as next_scan_at,
        lead(scan_type) over (partition by shipment_id, depot_id order by scanned_at) as next_scan_type
    from scans
)

select
    d.depot_id,
    d.depot_name,
    count(*) as visits,
    avg(date_diff('minute', p.scanned_at, p.next_scan_at)) as avg_dwell_minutes
from paired p
join {{ source('ref_data', 'depots') }} d on d.depot_id = p.depot_id
where p.scan_type = 'IN'
  and p.next_scan_type = 'OUT'
group by d.depot_id, d.depot_name
