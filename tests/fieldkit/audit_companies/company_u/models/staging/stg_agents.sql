select
    agent_id,
    trim(agent_name) as agent_name,
    upper(agency_code) as agency_code,
    region_code,
    coalesce(active, false) as is_active
from {{ source('core', 'agents') }}
where agent_id is not null
