with agent_policies as (
    select distinct
        p.policy_id,
        p.product_code,
        p.region_code
    from {{ source('core', 'policies') }} p
    join {{ source('core', 'policy_agents') }} pa on pa.policy_id = p.policy_id
),

premium as (
    select
        ap.product_code,
        date_trunc('month', b.booking_date) as month_start,
        sum(b.premium_amount) as premium_amount,
        sum(b.commission_amount) as commission_amount
    from {{ source('core', 'premiums_booked') }} b
    join agent_policies ap on ap.policy_id = b.policy_id
    where date_trunc('year', b.booking_date) = date '2025-01-01'
    group by ap.product_code, date_trunc('month', b.booking_date)
),

with_share as (
    select
        product_code,
        month_start,
        premium_amount,
        commission_amount,
        premium_amount / sum(premium_amount) over (partition by month_start) as share_of_month
    from premium
)

select
    product_code,
    month_start,
    premium_amount,
    commission_amount,
    share_of_month,
    commission_amount / nullif(premium_amount, 0) as commission_ratio
from with_share
where premium_amount > 0
