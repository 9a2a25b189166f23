{{ config(materialized='table') }}
-- runs: hourly. Of those who looked in the last four weeks: who bought?
with looked as (
    select customer_id, count(*) as views
    from {{ source('lake', 'events') }}
    where event_type = 'view' and event_date >= cast('{{ var("as_of") }}' as date) - 27
    group by customer_id
),
bought as (
    select customer_id, count(*) as purchases
    from {{ source('lake', 'events') }}
    where event_type = 'purchase'
    group by customer_id
)
select l.customer_id, l.views, b.purchases
from looked as l left join bought as b on b.customer_id = l.customer_id
