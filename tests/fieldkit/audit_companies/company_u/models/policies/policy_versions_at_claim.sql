select
    v.product_tier,
    c.line_of_business,
    sum(c.reserve_amount * f.factor) as uplifted_reserve
from {{ source('core', 'claims') }} c
join {{ source('core', 'policy_versions') }} v
    on v.policy_id = c.policy_id
   and c.reported_date >= v.version_from
   and c.reported_date < v.version_to
join {{ source('core', 'reserve_factors') }} f
    on f.line_of_business = c.line_of_business
   and f.factor_year = 2025
where c.reported_date >= date '{{ var("start_date") }}'
  and year(v.version_from) >= 2015
group by v.product_tier, c.line_of_business
