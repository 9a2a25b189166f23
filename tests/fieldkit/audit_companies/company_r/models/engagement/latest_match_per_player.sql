select
    player_id,
    match_id,
    match_date,
    placement,
    kills,
    rating_after
from {{ source('game', 'match_results') }}
where mode = 'ranked'
qualify row_number() over (partition by player_id order by finished_at desc) = 1
    and match_date >= '2025-04-01'
