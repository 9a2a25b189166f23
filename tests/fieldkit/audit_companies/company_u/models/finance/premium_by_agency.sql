with b as (
    select policy_id, sum(premium_amount) as premium_amount
    from {{ source('core', 'premiums_booked') }}
    where booking_date >= date '{{ var("start_date") }}'
    group by policy_id
)

select
    a.agency_code,
    count(distinct a.agent_id) as agents,
    sum(b.premium_amount) as premium_amount
from b
join {{ source('core', 'policy_agents') }} pa on pa.policy_id = b.policy_id
join {{ source('core', 'agents') }} a on a.agent_id = pa.agent_id
group by a.agency_code
