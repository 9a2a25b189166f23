with p as (
    select player_id, purchase_id, amount_usd
    from {{ source('game', 'purchases') }}
    where purchase_date >= '{{ var("start_date") }}'
)

select
    gm.guild_id,
    p.player_id,
    p.purchase_id,
    p.amount_usd,
    sum(p.amount_usd) over (partition by gm.guild_id) as guild_usd,
    p.amount_usd / sum(p.amount_usd) over () as share_of_total
from p
join {{ source('game', 'guild_members') }} gm
    on gm.player_id = p.player_id
