{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
    {% endif %}
)
select
    e.event_date, e.customer_id, c.country,
    count(distinct e.session_id) as sessions,
    count(distinct e.url) as pages,
    count(distinct e.referrer) as referrers,
    max(e.occurred_at) as last_seen_at,
    count(distinct s.campaign_id) as campaigns,
    coalesce(sum(e.revenue_cents), 0) as revenue_cents
from events as e
left join {{ source('lake', 'customers') }} as c using (customer_id)
left join {{ source('lake', 'session_campaigns') }} as s using (session_id)
group by e.event_date, e.customer_id, c.country
