with members as (
    select guild_id, count(*) as members
    from {{ source('game', 'guild_members') }}
    group by guild_id
)

select
    g.guild_id,
    g.guild_name,
    g.rating,
    m.members,
    rank() over (order by g.rating desc) as guild_rank
from {{ source('game', 'guilds') }} g
left join members m on m.guild_id = g.guild_id
order by guild_rank, g.guild_name
