select
    pl.player_id,
    pl.country_code,
    max(pu.purchase_date) as last_purchase_date,
    max(pu.amount_usd) as largest_purchase_usd
from {{ source('game', 'players') }} pl
left join {{ source('game', 'purchases') }} pu
    on pu.player_id = pl.player_id
   and pu.purchase_date >= '{{ var("start_date") }}'
group by pl.player_id, pl.country_code
