with versions as (
    select policy_id, version_from, premium_amount
    from {{ source('core', 'policy_versions') }}
    where version_from >= date '2024-01-01'
    order by policy_id, version_from
)

select distinct
    p.policy_id,
    p.product_code,
    p.holder_name
from {{ source('core', 'policies') }} p
join versions v1 on v1.policy_id = p.policy_id
join versions v2
    on v2.policy_id = p.policy_id
   and v2.version_from > v1.version_from
   and v2.premium_amount < v1.premium_amount
