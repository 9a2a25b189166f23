select
    player_id,
    countif(session_date >= '2025-01-01') as sessions_this_year,
    countif(session_date >= '2024-01-01' and session_date < '2025-01-01') as sessions_last_year,
    sum(if(session_date >= '2025-01-01', duration_s, 0)) as seconds_this_year,
    sum(if(session_date < '2025-01-01', duration_s, 0)) as seconds_before
from {{ source('game', 'sessions') }}
where platform in ('ios', 'android')
group by player_id
