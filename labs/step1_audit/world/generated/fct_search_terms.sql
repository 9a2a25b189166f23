{{ config(materialized='table') }}
select url, count(*) as searches
from {{ source('lake', 'events') }}
where event_type = 'search' and strftime(event_date, '%Y-%m') = strftime(current_date, '%Y-%m')
group by url
order by searches desc
