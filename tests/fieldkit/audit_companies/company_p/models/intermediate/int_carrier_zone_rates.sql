with rates as (
    select carrier_id, zone_code, valid_from, valid_to, rate_per_kg
    from {{ source('ref_data', 'carrier_rates') }}
    where rate_per_kg > 0
),

ranked_rates as (
    select
        carrier_id,
        zone_code,
        valid_from,
        valid_to,
        rate_per_kg,
        lag(rate_per_kg) over (partition by carrier_id, zone_code order by valid_from) as previous_rate
    from rates
    order by carrier_id, zone_code, valid_from
)

select
    carrier_id,
    zone_code,
    valid_from,
    valid_to,
    rate_per_kg,
    rate_per_kg - previous_rate as rate_change
from ranked_rates
