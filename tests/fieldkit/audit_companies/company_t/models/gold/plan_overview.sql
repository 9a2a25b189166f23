with subs as (
    select plan_code, count(*) as accounts
    from {{ source('bronze', 'subscriptions_daily') }}
    where snapshot_date = '{{ var("batch_date") }}'
    group by plan_code
)

select
    p.plan_code,
    p.plan_name,
    coalesce(s.accounts, 0) as accounts
from {{ source('mdm', 'plans') }} p
left join subs s on s.plan_code = p.plan_code
