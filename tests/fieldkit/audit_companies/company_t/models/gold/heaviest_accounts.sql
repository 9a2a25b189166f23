with ranked as (
    select
        account_id,
        country_code,
        snapshot_date,
        streams_open,
        row_number() over (
            partition by snapshot_date, country_code order by streams_open desc
        ) as position
    from {{ source('bronze', 'subscriptions_daily') }}
)

select account_id, country_code, snapshot_date, streams_open, position
from ranked
where snapshot_date >= '{{ var("start_date") }}'
  and position <= 100
