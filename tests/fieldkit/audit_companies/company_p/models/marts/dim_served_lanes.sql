select distinct
    o.country_code as origin_country,
    t.country_code as destination_country,
    s.service_level
from {{ source('lake', 'shipments') }} s
join {{ source('ref_data', 'depots') }} o on o.depot_id = s.origin_depot_id
join {{ source('ref_data', 'depots') }} t on t.depot_id = s.destination_depot_id
where s.booked_date >= '{{ var("start_date") }}'
