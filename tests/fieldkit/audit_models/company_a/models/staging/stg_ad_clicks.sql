-- one row per click: the ad server sends some clicks twice
with ranked as (

    select
        click_id,
        click_date,
        loaded_at,
        visitor_id,
        ad_id,
        cost_micros,
        row_number() over (
            partition by click_id
            order by loaded_at desc
        ) as load_rank
    from {{ source('shop', 'raw_clicks') }}

)

select
    click_id,
    click_date,
    visitor_id,
    ad_id,
    cost_micros / 1000000 as cost_eur,
    loaded_at
from ranked
where load_rank = 1
  and click_date between date '2024-09-01' and date '2024-09-30'
