select
    p.purchase_id,
    p.player_id,
    p.purchase_date,
    p.currency,
    p.amount_local,
    p.amount_local * x.usd_rate as amount_usd
from {{ source('game', 'purchases') }} p
join {{ source('game', 'exchange_rates') }} x
    on x.rate_date = p.purchase_date
   and x.currency = p.currency
where p.purchase_date between '{{ var("start_date") }}' and '{{ var("end_date") }}'
