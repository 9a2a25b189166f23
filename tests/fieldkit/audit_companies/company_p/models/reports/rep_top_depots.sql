with contacts as (
    select
        depot_id,
        list(contact_name order by contact_no) as contact_names
    from {{ source('ref_data', 'depot_contacts') }}
    group by depot_id
),

volume as (
    select depot_id, count(*) as scans
    from {{ source('lake', 'scan_events') }}
    where scan_date >= '{{ var("start_date") }}'
    group by depot_id
)

select
    v.depot_id,
    v.scans,
    c.contact_names
from volume v
left join contacts c on c.depot_id = v.depot_id
order by v.scans desc
limit 20
