select
    o.feeder_id,
    fd.substation_name,
    count(*) as outages,
    sum(o.minutes_lost) as minutes_lost,
    sum(o.customers_affected * o.minutes_lost) as customer_minutes_lost
from {{ source('grid', 'outages') }} o
join {{ source('grid', 'feeders') }} fd on fd.feeder_id = o.feeder_id
where coalesce(o.outage_date, '1900-01-01'::date) >= '{{ var("from_date") }}'
  and not o.planned
group by o.feeder_id, fd.substation_name
