select
    n.claim_id,
    n.policy_id,
    n.reported_date,
    count(o.claim_id) as earlier_claims,
    max(o.paid_total) as largest_earlier_claim
from {{ source('core', 'claims') }} n
left join {{ source('core', 'claims') }} o
    on o.policy_id = n.policy_id
   and o.claim_id <> n.claim_id
   and o.line_of_business = n.line_of_business
where n.reported_date >= date '2025-04-01'
group by n.claim_id, n.policy_id, n.reported_date
