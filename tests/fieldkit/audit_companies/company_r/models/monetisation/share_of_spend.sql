with p as (
    select player_id, amount_usd
    from {{ source('game', 'purchases') }}
    where purchase_date >= '{{ var("start_date") }}'
),

total as (
    select sum(amount_usd) as total_usd from p
)

select
    p.player_id,
    sum(p.amount_usd) as spend_usd,
    sum(p.amount_usd / total.total_usd) as spend_share
from p
cross join total
group by p.player_id
