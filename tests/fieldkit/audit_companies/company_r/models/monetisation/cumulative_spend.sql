with spend as (
    select
        player_id,
        purchase_id,
        purchase_date,
        amount_usd,
        sum(amount_usd) over w as running_usd,
        count(*) over w as purchase_number
    from {{ source('game', 'purchases') }}
    where refunded is false
    window w as (partition by player_id order by purchase_date, purchase_id)
)

select
    player_id,
    purchase_id,
    purchase_date,
    amount_usd,
    running_usd,
    purchase_number = 1 as is_first_purchase
from spend
where purchase_date >= '{{ var("start_date") }}'
