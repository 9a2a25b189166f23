with hits as (

    select * from {{ source('shop', 'page_hits') }}

),

renamed as (

    select
        hit_id,
        hit_date as visited_on,
        visitor_id,
        url,
        device
    from hits

),

campaign_days as (

    select visited_on, visitor_id, device, url
    from renamed
    where visited_on in (date '2024-09-06', date '2024-09-13', date '2024-09-20')

)

select
    visited_on,
    device,
    count(*) as hits,
    count(distinct visitor_id) as visitors,
    countif(url like '/checkout%') as checkout_hits
from campaign_days
group by visited_on, device
