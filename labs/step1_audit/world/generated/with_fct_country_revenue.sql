{{ config(materialized='incremental', unique_key=['event_date', 'country']) }}
select
    e.event_date,
    c.country,
    count(distinct s.campaign_id) as campaigns,
    sum(distinct e.revenue_cents) as revenue_cents
from {{ source('lake', 'events') }} as e
left join {{ source('lake', 'customers') }} as c on c.customer_id = e.customer_id
left join {{ source('lake', 'session_campaigns') }} as s on s.session_id = e.session_id
where e.event_date >= cast('{{ var("as_of") }}' as date) - 3
group by e.event_date, c.country
