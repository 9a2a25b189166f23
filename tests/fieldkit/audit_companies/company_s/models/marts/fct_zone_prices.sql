select
    zone,
    price_date,
    min(eur_per_mwh) as min_price,
    max(eur_per_mwh) as max_price,
    avg(eur_per_mwh) as avg_price,
    count_if(eur_per_mwh < 0) as negative_hours
from {{ source('grid', 'spot_prices') }}
where price_date >= '{{ var("from_date") }}'
group by zone, price_date
