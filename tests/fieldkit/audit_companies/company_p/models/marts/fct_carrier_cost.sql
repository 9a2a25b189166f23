with s as (
    select shipment_id, carrier_id, zone_code, booked_date, weight_kg
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
)

select
    s.carrier_id,
    date_trunc('month', s.booked_date) as booked_month,
    sum(s.weight_kg) as weight_kg,
    sum(s.weight_kg * r.rate_per_kg) as carrier_cost
from s
join {{ source('ref_data', 'carrier_rates') }} r
    on r.carrier_id = s.carrier_id
   and r.zone_code = s.zone_code
   and s.booked_date >= r.valid_from
   and s.booked_date < r.valid_to
group by s.carrier_id, date_trunc('month', s.booked_date)
