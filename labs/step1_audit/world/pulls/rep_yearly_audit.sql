{{ config(materialized='table') }}
-- runs: once a year, in January. The auditors need every purchase of the year.
select
    date_trunc('month', event_date) as month,
    count(*) as purchases,
    count(distinct customer_id) as customers,
    sum(revenue_cents) as revenue_cents
from {{ source('lake', 'events') }}
where event_type = 'purchase'
group by date_trunc('month', event_date)
