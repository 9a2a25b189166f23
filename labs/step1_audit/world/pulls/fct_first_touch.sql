{{ config(materialized='incremental', unique_key='event_id') }}
-- runs: hourly. The night's page views, each with its number within the customer's day.
with numbered as (
    select
        event_id, customer_id, event_date, occurred_at, url, referrer,
        row_number() over (partition by customer_id order by occurred_at) as place
    from {{ source('lake', 'events') }}
)
select event_id, customer_id, event_date, occurred_at, url, referrer, place
from numbered
where event_date >= cast('{{ var("as_of") }}' as date) - 3
