{{ config(materialized='table') }}

with hits as (

    select
        visitor_id,
        device,
        country,
        session_id
    from {{ source('shop', 'page_hits') }}
    where hit_ts >= timestamp '2024-09-01 00:00:00'
      and hit_ts < timestamp '2024-10-01 00:00:00'

),

per_device as (

    select
        country,
        device,
        count(distinct visitor_id) as visitors,
        count(distinct session_id) as sessions
    from hits
    group by country, device

)

select
    country,
    device,
    visitors,
    sessions,
    safe_divide(sessions, visitors) as sessions_per_visitor
from per_device
