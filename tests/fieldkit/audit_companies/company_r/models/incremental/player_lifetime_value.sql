{{ config(unique_key='player_id') }}

select
    player_id,
    min(purchase_date) as first_purchase_date,
    max(purchase_date) as last_purchase_date,
    count(*) as purchases,
    sum(amount_usd) as lifetime_usd
from {{ source('game', 'purchases') }}
where refunded is false
group by player_id
{% if is_incremental() %}
having max(purchase_date) >= (select max(last_purchase_date) from {{ this }})
{% endif %}
