{{ config(materialized='table') }}
select referrer, count(distinct session_id) as sessions
from {{ source('lake', 'events') }}
group by referrer
