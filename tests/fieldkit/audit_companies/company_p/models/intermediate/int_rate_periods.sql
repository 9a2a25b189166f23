with rates as (
    select
        carrier_id,
        zone_code,
        valid_from,
        valid_to,
        rate_per_kg,
        row_number() over (partition by carrier_id, zone_code order by valid_from) as period_no
    from {{ source('ref_data', 'carrier_rates') }}
    where valid_from >= date '2020-01-01'
)

select
    md5(carrier_id || '-' || zone_code || '-' || cast(period_no as varchar)) as order_key,
    carrier_id,
    zone_code,
    valid_from,
    least(coalesce(valid_to, current_date), current_date) as effective_to,
    current_date between valid_from and valid_to as is_current_today,
    rate_per_kg
from rates
