select
    m.feeder_id,
    sum(m.rated_kw) as rated_kw,
    sum(case when dc.phone is not null then m.rated_kw else 0 end) as reachable_kw
from {{ source('grid', 'meters') }} m
left join {{ ref('dim_meter_contact') }} dc on dc.meter_id = m.meter_id
group by m.feeder_id
