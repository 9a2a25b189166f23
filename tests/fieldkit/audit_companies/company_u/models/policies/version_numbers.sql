with v as (
    select
        policy_id,
        version_from,
        version_to,
        premium_amount,
        row_number() over (partition by policy_id order by version_from) as version_no,
        premium_amount - lag(premium_amount) over (partition by policy_id order by version_from) as premium_change
    from {{ source('core', 'policy_versions') }}
)

select policy_id, version_from, version_to, version_no, premium_change
from v
where version_from >= date '2025-01-01'
