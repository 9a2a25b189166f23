{{ config(
    unique_key=['player_id', 'activity_date'],
    incremental_strategy='merge',
    partition_by={'field': 'activity_date', 'data_type': 'date'},
    cluster_by=['player_id']
) }}

with sess as (
    select
        player_id,
        session_date,
        session_id,
        duration_s,
        platform
    from {{ source('game', 'sessions') }}
    where duration_s > 0
      and platform in ('ios', 'android', 'pc')
),

purch as (
    select
        player_id,
        date(purchased_at) as purchased_on,
        purchase_id,
        amount_usd
    from {{ source('game', 'purchases') }}
    where not refunded
),

combined as (
    select
        sess.player_id,
        sess.session_date as activity_date,
        sess.session_id,
        sess.duration_s,
        purch.purchase_id,
        purch.amount_usd
    from sess
    left join purch
        on purch.player_id = sess.player_id
       and purch.purchased_on = sess.session_date
)

select
    player_id,
    activity_date,
    count(distinct session_id) as sessions,
    sum(duration_s) as seconds_played,
    count(distinct purchase_id) as purchases,
    sum(amount_usd) as spend_usd
from combined
group by player_id, activity_date
