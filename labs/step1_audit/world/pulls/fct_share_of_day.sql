{{ config(materialized='table') }}
-- runs: nightly. Which share of the night's revenue each country has.
with sold as (
    select customer_id, revenue_cents from {{ source('lake', 'events') }}
    where event_date = cast('{{ var("as_of") }}' as date)
),
total as (
    select sum(revenue_cents) as cents from sold
)
select c.country, sum(s.revenue_cents) * 1.0 / max(t.cents) as share
from sold as s
left join {{ source('lake', 'customers') }} as c on c.customer_id = s.customer_id
cross join total as t
group by c.country
