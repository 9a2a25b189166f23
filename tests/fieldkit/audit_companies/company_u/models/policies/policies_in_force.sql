select
    p.policy_id,
    p.product_code,
    v.version_from,
    v.sum_insured,
    v.premium_amount
from {{ source('core', 'policies') }} p
join {{ source('core', 'policy_versions') }} v
    on v.policy_id = p.policy_id
   and current_date between v.version_from and v.version_to
where p.cancelled_on is null
