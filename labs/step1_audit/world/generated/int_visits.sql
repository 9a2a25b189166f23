{{ config(materialized='incremental', unique_key='session_id') }}
select
    session_id,
    any_value(customer_id) as customer_id,
    count(*) as events,
    current_timestamp as loaded_at
from {{ source('lake', 'events') }}
where event_date >= cast('{{ var("as_of") }}' as date) - 3
group by session_id
