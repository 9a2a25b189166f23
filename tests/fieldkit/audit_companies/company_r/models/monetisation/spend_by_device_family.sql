with p as (
    select player_id, purchase_id, amount_usd
    from {{ source('game', 'purchases') }}
    where purchase_date >= '{{ var("start_date") }}'
),

d as (
    select player_id, device_id, device_family
    from {{ source('game', 'devices') }}
    where is_active
),

joined as (
    select p.player_id, d.device_family, p.amount_usd
    from p
    inner join d using (player_id)
)

select
    device_family,
    count(distinct player_id) as payers,
    sum(amount_usd) as spend_usd
from joined
group by device_family
