{{ config(materialized='table') }}

select
    click_id,
    click_date,
    visitor_id,
    ad_id,
    cost_micros,
    loaded_at
from {{ source('shop', 'raw_clicks') }}
where click_date >= date '{{ var("clicks_from") }}'
  and click_date < date '{{ var("clicks_to") }}'
  and ad_id is not null
  and visitor_id is not null
qualify row_number() over (
    partition by click_id
    order by
        loaded_at desc,
        cost_micros desc
) = 1
