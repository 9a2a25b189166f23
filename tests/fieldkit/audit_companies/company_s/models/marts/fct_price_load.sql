with fc as (
    select zone, target_hour, avg(load_mw) as load_mw
    from {{ source('grid', 'load_forecasts') }}
    where forecast_date >= '{{ var("from_date") }}'
    group by zone, target_hour
)

select
    sp.zone,
    sp.price_date,
    sp.price_hour,
    sp.eur_per_mwh,
    fc.load_mw
from {{ source('grid', 'spot_prices') }} sp
join fc
    on fc.zone = sp.zone
   and fc.target_hour = sp.price_hour
where sp.price_date >= '{{ var("from_date") }}'
