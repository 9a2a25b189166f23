with month_start as (
    select account_id, snapshot_date, plan_code, status
    from {{ source('bronze', 'subscriptions_daily') }}
    where date_format(snapshot_date, 'yyyy-dd') = '2025-01'
)

select
    snapshot_date,
    plan_code,
    count(*) as accounts,
    sum(case when status = 'trial' then 1 else 0 end) as trials
from month_start
group by snapshot_date, plan_code
