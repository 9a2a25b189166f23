select
    p.policy_id,
    p.region_code,
    r.region_name
from {{ source('core', 'policies') }} p
join {{ source('core', 'regions') }} r on r.region_code = p.region_code
where p.policy_id in (
    select distinct policy_id
    from {{ source('core', 'policy_coverages') }}
    where coverage_code = 'FLOOD'
)
