with o as (
    select feeder_id, count(*) as outages, sum(minutes_lost) as minutes_lost
    from {{ source('grid', 'outages') }}
    where outage_date >= '{{ var("from_date") }}'
      and not planned
    group by feeder_id
)

select
    f.feeder_id,
    f.substation_name,
    coalesce(o.outages, 0) as outages,
    coalesce(o.minutes_lost, 0) as minutes_lost,
    case when o.outages > 10 then 'poor' when o.outages > 3 then 'fair' else 'good' end as reliability
from {{ source('grid', 'feeders') }} f
left join o on o.feeder_id = f.feeder_id
