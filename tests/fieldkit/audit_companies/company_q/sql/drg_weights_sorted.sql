(
    select drg_code, tariff_year, cost_weight, 'national' as origin
    from drg_tariff
    where tariff_year = 2025
    order by cost_weight desc
)
union all
select drg_code, tariff_year, cost_weight * 1.04, 'regional uplift'
from drg_tariff
where tariff_year = 2025
  and has_uplift
