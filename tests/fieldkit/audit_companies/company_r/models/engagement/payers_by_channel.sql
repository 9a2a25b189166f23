select
    x.country_code,
    x.acquisition_channel,
    count(*) as paying_players
from (
    select distinct
        pl.player_id,
        pl.country_code,
        pl.acquisition_channel
    from {{ source('game', 'players') }} pl
    join {{ source('game', 'purchases') }} pu
        on pu.player_id = pl.player_id
       and pu.purchase_date >= '2025-01-01'
) x
group by x.country_code, x.acquisition_channel
