with assigned as (
    select player_id, variant, assigned_on
    from {{ source('game', 'experiment_assignments') }}
    where experiment_id = 'shop_layout_7'
),

revenue as (
    select
        player_id,
        count(*) as purchases,
        sum(amount_usd) as revenue_usd
    from {{ source('game', 'purchases') }}
    where purchase_date between '{{ var("start_date") }}' and '{{ var("end_date") }}'
      and not refunded
    group by player_id
),

play as (
    select
        player_id,
        count(*) as sessions,
        sum(duration_s) as seconds_played
    from {{ source('game', 'sessions') }}
    where session_date between '{{ var("start_date") }}' and '{{ var("end_date") }}'
    group by player_id
),

per_player as (
    select
        a.variant,
        a.player_id,
        coalesce(r.revenue_usd, 0) as revenue_usd,
        coalesce(r.purchases, 0) as purchases,
        coalesce(p.sessions, 0) as sessions,
        coalesce(p.seconds_played, 0) as seconds_played
    from assigned a
    left join revenue r on r.player_id = a.player_id
    left join play p on p.player_id = a.player_id
)

select
    variant,
    count(*) as players,
    sum(revenue_usd) as revenue_usd,
    avg(revenue_usd) as revenue_per_player,
    stddev(revenue_usd) as revenue_stddev,
    avg(sessions) as sessions_per_player,
    sum(seconds_played) / 3600 as hours_played,
    current_timestamp() as computed_at
from per_player
group by variant
