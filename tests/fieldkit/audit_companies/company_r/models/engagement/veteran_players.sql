with veterans as (
    select distinct
        pl.player_id,
        pl.nickname,
        pl.installed_on
    from {{ source('game', 'players') }} pl
    left join {{ source('game', 'player_levels') }} lv
        on lv.player_id = pl.player_id
       and lv.level >= 50
    where lv.player_id is not null
       or pl.is_founder
)

select player_id, nickname, installed_on
from veterans
