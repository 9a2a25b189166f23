{{ config(materialized='incremental', unique_key='event_id') }}
with fresh as (
    select event_id, customer_id, event_date, occurred_at, url, referrer
    from {{ source('lake', 'events') }}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
)
select
    event_id, customer_id, event_date, occurred_at, url, referrer,
    row_number() over (partition by customer_id, event_date order by occurred_at) as place
from fresh
