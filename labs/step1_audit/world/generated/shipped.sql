{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
),
touches as (
    select event_date, customer_id, count(distinct campaign_id) as campaigns
    from events
    join {{ source('lake', 'session_campaigns') }} using (session_id)
    group by all
)
select
    e.event_date, e.customer_id, c.country,
    count(distinct e.session_id) as sessions,
    count(distinct e.url) as pages,
    count(distinct e.referrer) as referrers,
    max(e.occurred_at) as last_seen_at,
    coalesce(t.campaigns, 0) as campaigns,
    coalesce(sum(e.revenue_cents), 0) as revenue_cents
from events as e
left join {{ source('lake', 'customers') }} as c using (customer_id)
left join touches as t using (event_date, customer_id)
group by all
