with w as (
    select
        account_id,
        snapshot_date,
        plan_code,
        lag(plan_code, 1, plan_code) over (
            partition by account_id order by snapshot_date
        ) as previous_plan_code
    from {{ source('bronze', 'subscriptions_daily') }}
),

changes as (
    select account_id, snapshot_date, previous_plan_code, plan_code
    from w
    where plan_code <> previous_plan_code
      and snapshot_date between '{{ var("start_date") }}' and '{{ var("batch_date") }}'
)

select
    snapshot_date,
    previous_plan_code,
    plan_code,
    count(*) as accounts
from changes
group by snapshot_date, previous_plan_code, plan_code
