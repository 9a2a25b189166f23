# %% other: delete+insert by whole days; lower bound is a subquery over {{ this }}
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', unique_key='event_date') }}
-- The day is the key: a night replaces whole days, also the rows whose customer is not known.

with events as (
    select event_date, customer_id, session_id, url, referrer, occurred_at, revenue_cents
    from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date <= cast('{{ var("as_of") }}' as date)
      and event_date >= least(
          cast('{{ var("as_of") }}' as date) - 3,
          (select max(event_date) from {{ this }}) - 2   -- one day on from the last night, less three
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

# %% other: append; a pre-hook deletes the days, the select fills everything after the last day left
lab.exercise("fix-the-model", """
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where event_date >= least(cast('{{ var('as_of') }}' as date) - 3, (select max(event_date) - 2 from {{ this }})){% endif %}"
) }}
-- The hook empties the days, the select fills them. After the hook the last day of the table is
-- the day before the first that is missing; the select is compiled before it, and finds it itself.

select
    e.event_date, e.customer_id, any_value(c.country) as country,
    count(distinct e.session_id) as sessions,
    count(distinct e.url) as pages,
    count(distinct e.referrer) as referrers,
    max(e.occurred_at) as last_seen_at,
    coalesce(any_value(t.campaigns), 0) as campaigns,
    coalesce(sum(e.revenue_cents), 0) as revenue_cents
from {{ source('lake', 'events') }} as e
left join {{ source('lake', 'customers') }} as c on e.customer_id = c.customer_id
left join (
    select x.event_date, x.customer_id, count(distinct s.campaign_id) as campaigns
    from {{ source('lake', 'events') }} as x, {{ source('lake', 'session_campaigns') }} as s
    where s.session_id = x.session_id
    {% if is_incremental() %}
      and x.event_date > (select coalesce(max(event_date), date '0001-01-01') from {{ this }})
    {% endif %}
    group by 1, 2
) as t on t.event_date = e.event_date and t.customer_id = e.customer_id
{% if is_incremental() %}
where e.event_date > (select coalesce(max(event_date), date '0001-01-01') from {{ this }})
{% endif %}
group by e.event_date, e.customer_id
""")

# %% other: merge by a key without NULL (an extra column), lists of campaigns, no second scan
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='row_key') }}

{% set days -%}
    {% if is_incremental() -%}
    where event_date >= least(date '{{ var("as_of") }}' - 3, (select max(event_date) from {{ this }}) - 2)
    {%- endif %}
{%- endset %}

with seen as (
    select e.event_date, e.customer_id, e.session_id, e.url, e.referrer, e.occurred_at, e.revenue_cents,
           s.list as via
    from (select * from {{ source('lake', 'events') }} {{ days }}) as e
    left join (
        select session_id, list(distinct campaign_id) as list
        from {{ source('lake', 'session_campaigns') }} group by session_id
    ) as s on s.session_id = e.session_id
),
daily as (
    select
        event_date, customer_id,
        count(distinct session_id) as sessions, count(distinct url) as pages, count(distinct referrer) as referrers,
        max(occurred_at) as last_seen_at,
        case when customer_id is null then 0
             else coalesce(len(list_distinct(flatten(list(via) filter (via is not null)))), 0) end as campaigns,
        coalesce(sum(revenue_cents), 0) as revenue_cents
    from seen
    group by event_date, customer_id
)
select
    concat(d.event_date, '|', coalesce(cast(d.customer_id as varchar), 'nobody')) as row_key,   -- merge needs a key without NULL
    d.event_date, d.customer_id, c.country, d.sessions, d.pages, d.referrers, d.last_seen_at, d.campaigns, d.revenue_cents
from daily as d
left join {{ source('lake', 'customers') }} as c on c.customer_id = d.customer_id
""")

# %% other: merge by the key, events between two dates
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=['event_date', 'customer_id']) }}

with events as (
    select event_date, customer_id, session_id, url, referrer, occurred_at, revenue_cents
    from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date between cast('{{ var("as_of") }}' as date) - 3 and cast('{{ var("as_of") }}' as date)
    {% endif %}
),
touches as (
    select event_date, customer_id, count(distinct campaign_id) as campaigns
    from events
    join {{ source('lake', 'session_campaigns') }} using (session_id)
    group by event_date, customer_id
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

# %% other: delete+insert by whole days (unique_key is event_date), sums before the joins
lab.exercise("fix-the-model", """
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event_date') }}
-- a night replaces whole days: all rows of each of its days are made again

with daily as (
    select
        event_date, customer_id,
        count(distinct session_id) as sessions,
        count(distinct url) as pages,
        count(distinct referrer) as referrers,
        max(occurred_at) as last_seen_at,
        coalesce(sum(revenue_cents), 0) as revenue_cents,
        list(distinct session_id) as seen
    from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= date '{{ var("as_of") }}' - interval 3 day
    {% endif %}
    group by event_date, customer_id
),
visits as (
    select event_date, customer_id, unnest(seen) as session_id from daily
),
touches as (
    select v.event_date, v.customer_id, count(distinct s.campaign_id) as campaigns
    from visits as v
    join {{ source('lake', 'session_campaigns') }} as s on s.session_id = v.session_id
    group by v.event_date, v.customer_id
)
select
    d.event_date, d.customer_id, c.country, d.sessions, d.pages, d.referrers, d.last_seen_at,
    coalesce(t.campaigns, 0) as campaigns, d.revenue_cents
from daily as d
left join {{ source('lake', 'customers') }} as c on c.customer_id = d.customer_id
left join touches as t on t.event_date = d.event_date and t.customer_id = d.customer_id
""")

# %% other: append, with a hook that deletes the four days first
lab.exercise("fix-the-model", """
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where event_date >= cast('{{ var('as_of') }}' as date) - 3{% endif %}"
) }}
-- the hook takes the night's four days away, the SELECT brings them back

with events as (
    select * from {{ source('lake', 'events') }}
    {% if is_incremental() %}
    where event_date >= cast('{{ var("as_of") }}' as date) - 3
    {% endif %}
),
touches as (
    select event_date, customer_id, count(*) as campaigns
    from (
        select distinct e.event_date, e.customer_id, s.campaign_id
        from events as e
        join {{ source('lake', 'session_campaigns') }} as s on s.session_id = e.session_id
        where s.campaign_id is not null
    )
    group by event_date, customer_id
)
select
    e.event_date, e.customer_id, any_value(c.country) as country,
    count(distinct e.session_id) as sessions,
    count(distinct e.url) as pages,
    count(distinct e.referrer) as referrers,
    max(e.occurred_at) as last_seen_at,
    coalesce(any_value(t.campaigns), 0) as campaigns,
    coalesce(sum(e.revenue_cents), 0) as revenue_cents
from events as e
left join {{ source('lake', 'customers') }} as c on c.customer_id = e.customer_id
left join touches as t on t.event_date = e.event_date and t.customer_id = e.customer_id
group by e.event_date, e.customer_id
""")
