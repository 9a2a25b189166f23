with params as (
    select
        date_sub(current_date(), interval 28 day) as window_start,
        current_date() as window_end
),

active as (
    select s.player_id, s.session_date
    from {{ source('game', 'sessions') }} s
    cross join params p
    where s.session_date >= p.window_start
      and s.session_date < p.window_end
)

select
    player_id,
    count(distinct session_date) as active_days,
    min(session_date) as first_active_date
from active
group by player_id
