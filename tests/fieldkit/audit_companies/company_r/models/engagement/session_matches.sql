select
    s.session_id,
    s.player_id,
    s.started_at,
    m.match_id,
    m.placement,
    m.kills
from {{ source('game', 'sessions') }} s
inner join {{ source('game', 'match_results') }} m
    on m.session_id = s.session_id
   and m.player_id = s.player_id
   and m.match_date >= '{{ var("start_date") }}'
where s.platform = 'ios'
