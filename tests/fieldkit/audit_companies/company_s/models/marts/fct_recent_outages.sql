select
    o.outage_id,
    o.feeder_id,
    f.substation_name,
    o.outage_date,
    o.minutes_lost
from {{ source('grid', 'outages') }} o
join {{ source('grid', 'feeders') }} f on f.feeder_id = o.feeder_id
where o.outage_date >= dateadd(day, -7, current_date())
  and o.minutes_lost > 0
