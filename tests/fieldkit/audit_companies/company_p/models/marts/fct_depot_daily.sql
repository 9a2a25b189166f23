with scans as (
    select * from {{ source('lake', 'scan_events') }}
),

depots as (
    select * from {{ source('ref_data', 'depots') }}
),

recent as (
    select scan_id, depot_id, scan_date, scan_type
    from scans
    where scan_date >= '{{ var("start_date") }}'
),

final as (
    select
        r.scan_date,
        d.depot_id,
        d.depot_name,
        count(*) as scans
    from recent r
    join depots d on d.depot_id = r.depot_id
    group by r.scan_date, d.depot_id, d.depot_name
)

select * from final
