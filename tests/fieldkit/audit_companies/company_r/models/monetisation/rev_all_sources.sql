with iap as (
    select
        player_id,
        purchase_date as revenue_date,
        amount_usd as revenue_usd,
        'iap' as revenue_type
    from {{ source('game', 'purchases') }}
    where purchase_date >= '{{ var("start_date") }}'
      and refunded is false
),

ads as (
    select
        player_id,
        imp_date as revenue_date,
        ecpm_usd / 1000 as revenue_usd,
        'ad' as revenue_type
    from {{ source('game', 'ad_impressions') }}
    where completed is true
),

unioned as (
    select player_id, revenue_date, revenue_usd, revenue_type from iap
    union all
    select player_id, revenue_date, revenue_usd, revenue_type from ads
)

select
    revenue_date,
    revenue_type,
    count(distinct player_id) as payers,
    sum(revenue_usd) as revenue_usd
from unioned
group by revenue_date, revenue_type
