select
    c.claim_id,
    c.policy_id,
    c.line_of_business,
    min(p.payment_date) as first_payment_date,
    max(p.payment_date) as last_payment_date,
    sum(p.paid_amount) as paid_amount
from {{ source('core', 'claims') }} c
left join {{ source('core', 'claim_payments') }} p on p.claim_id = c.claim_id
where c.line_of_business = 'MOTOR'
group by c.claim_id, c.policy_id, c.line_of_business
