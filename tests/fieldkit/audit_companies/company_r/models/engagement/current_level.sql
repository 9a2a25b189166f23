with levels as (
    select
        player_id,
        level,
        level_from,
        row_number() over (partition by player_id order by level_from desc) as rn
    from {{ source('game', 'player_levels') }}
)

select player_id, level as current_level, level_from
from levels
where rn = 1
  and level_from >= '2025-01-01'
