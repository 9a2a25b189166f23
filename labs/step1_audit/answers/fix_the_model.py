# %% reference
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
    {% endif %}
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
""")

# %% other: whole days are replaced, both ends of the window said
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key='event_date') }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date between cast('{{ var("as_of") }}' as date) - interval 3 day and cast('{{ var("as_of") }}' as date)
    {% endif %}
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
""")

# %% other: merge by day and customer
lab.exercise("fix-the-model", """
{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['event_date', 'customer_id']
) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date > cast('{{ var("as_of") }}' as date) - 4
    {% endif %}
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
""")

# %% other: deletes the window itself, then appends
lab.exercise("fix-the-model", """
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %} delete from {{ this }} where event_date >= cast('{{ var('as_of') }}' as date) - 3 {% endif %}"
) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
    {% endif %}
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
""")

# %% other: the window begins three days before the newest day of the table
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= (select max(event_date) - 3 from {{ this }})
    {% endif %}
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
""")

# %% other: the days are written out by Jinja
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date in (
        {%- for back in range(4) %}
        cast('{{ var("as_of") }}' as date) - {{ back }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {% endif %}
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
""")

# %% other: a day more than the four, within the bytes
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key=['event_date', 'customer_id']) }}

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= cast('{{ var("as_of") }}' as date) - 4
    {% endif %}
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
""")
