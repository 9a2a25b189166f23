{{ config(materialized='table') }}
-- runs: hourly. Sessions for the live dashboard: last 30 days are what it shows.
select
    session_id,
    customer_id,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    count(*) as events,
    count(distinct url) as pages,
    any_value(referrer) as referrer
from {{ source('lake', 'events') }}
group by session_id, customer_id
