with pa as (
    select agent_id, count(*) as policies
    from {{ source('core', 'policy_agents') }}
    group by agent_id
)

select
    a.agent_id,
    a.agent_name,
    a.agency_code,
    r.region_name,
    coalesce(pa.policies, 0) as policies
from {{ source('core', 'agents') }} a
left join pa on pa.agent_id = a.agent_id
left join {{ source('core', 'regions') }} r on r.region_code = a.region_code
