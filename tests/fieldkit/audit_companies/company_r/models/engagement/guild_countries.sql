with pairs as (
    select distinct gm.guild_id, pl.country_code
    from {{ source('game', 'guild_members') }} gm
    join {{ source('game', 'players') }} pl on pl.player_id = gm.player_id
)

select
    guild_id,
    array_agg(country_code order by country_code) as countries
from pairs
group by guild_id
