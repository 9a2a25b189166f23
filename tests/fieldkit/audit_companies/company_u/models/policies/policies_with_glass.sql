with p as (
    select policy_id, product_code, region_code, holder_name
    from {{ source('core', 'policies') }}
    where status = 'IN_FORCE'
)

select distinct
    p.policy_id,
    p.product_code,
    p.region_code,
    p.holder_name
from p
join {{ source('core', 'policy_coverages') }} pc
    on pc.policy_id = p.policy_id
   and pc.coverage_code like 'GLASS%'
