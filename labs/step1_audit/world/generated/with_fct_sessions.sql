{{ config(materialized='incremental', unique_key='session_id') }}
select
    session_id,
    any_value(customer_id) as customer_id,
    min(occurred_at) as started_at,
    count(*) as events,
    any_value(referrer) as referrer
from {{ source('lake', 'events') }}
where event_date >= cast('{{ var("as_of") }}' as date) - 3
group by session_id
