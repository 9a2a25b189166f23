with iap as (
    select player_id, sum(amount_usd) as iap_usd
    from {{ source('game', 'purchases') }}
    where purchase_date >= '{{ var("start_date") }}'
      and purchase_date < '{{ var("end_date") }}'
    group by player_id
),

ads as (
    select player_id, sum(ecpm_usd) / 1000 as ad_usd
    from {{ source('game', 'ad_impressions') }}
    group by player_id
)

select
    coalesce(iap.player_id, ads.player_id) as player_id,
    coalesce(iap.iap_usd, 0) as iap_usd,
    coalesce(ads.ad_usd, 0) as ad_usd
from iap
full outer join ads on ads.player_id = iap.player_id
