with claims as (
    select * from {{ source('core', 'claims') }}
),

policies as (
    select * from {{ source('core', 'policies') }}
),

h1 as (
    select claim_id, policy_id, reported_date, line_of_business, reserve_amount
    from claims
    where reported_date >= date '{{ var("start_date") }}'
      and reported_date < date '{{ var("end_date") }}'
)

select
    h1.claim_id,
    h1.reported_date,
    h1.line_of_business,
    h1.reserve_amount,
    policies.product_code,
    policies.region_code
from h1
join policies on policies.policy_id = h1.policy_id
