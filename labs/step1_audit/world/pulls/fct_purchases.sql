{{ config(materialized='incremental', unique_key='event_id') }}
-- runs: hourly. One row a purchase.
with events as (
    select * from {{ source('lake', 'events') }}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
),
customers as (
    select * from {{ source('lake', 'customers') }}
)
select e.event_id, e.event_date, e.customer_id, c.country, e.revenue_cents
from events as e
left join customers as c on c.customer_id = e.customer_id
where e.event_type = 'purchase'
