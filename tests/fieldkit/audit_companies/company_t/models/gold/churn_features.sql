with snapshots as (
    select account_id, snapshot_date, plan_code, status, streams_open
    from {{ source('bronze', 'subscriptions_daily') }}
    where snapshot_date > date_sub('{{ var("batch_date") }}', 90)
      and snapshot_date <= '{{ var("batch_date") }}'
),

ordered as (
    select
        account_id,
        snapshot_date,
        plan_code,
        status,
        streams_open,
        lag(plan_code) over (partition by account_id order by snapshot_date) as previous_plan_code,
        row_number() over (partition by account_id order by snapshot_date desc) as recency
    from snapshots
),

features as (
    select
        account_id,
        max(case when recency = 1 then status end) as last_status,
        max(case when recency = 1 then plan_code end) as last_plan_code,
        sum(case when previous_plan_code <> plan_code then 1 else 0 end) as plan_changes,
        avg(streams_open) as avg_streams_open,
        datediff('{{ var("batch_date") }}', min(snapshot_date)) as days_observed
    from ordered
    group by account_id
),

final as (
    select
        f.account_id,
        a.country_code,
        f.last_plan_code,
        f.plan_changes,
        f.avg_streams_open,
        f.days_observed,
        f.last_status = 'closed' as has_churned,
        current_timestamp() as created_at
    from features f
    join {{ source('mdm', 'accounts') }} a on a.account_id = f.account_id
)

select * from final
