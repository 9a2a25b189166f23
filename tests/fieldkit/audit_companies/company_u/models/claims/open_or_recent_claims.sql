with c as (
    select claim_id, policy_id, region_code, reported_date, status, reserve_amount
    from {{ source('core', 'claims') }}
    where reported_date >= date '2025-01-01'
       or status = 'OPEN'
)

select
    r.region_name,
    c.status,
    count(*) as claims,
    sum(c.reserve_amount) as reserve_amount
from c
join {{ source('core', 'regions') }} r on r.region_code = c.region_code
group by r.region_name, c.status
