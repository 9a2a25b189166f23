# %% other: the starter with a threshold that holds, and three rules more
lab.exercise("skills-doc", """
name: northlight-sql-standards
description: Rules for SQL models at Northlight. Use before writing or reviewing any model.
rules:
  - id: full-scan
    topic: cost
    why: a table that is read whole costs as much as the year
    over_bytes: 1000000
    bad: select referrer, count(*) as events from lake.events group by referrer
    good: |
      select referrer, count(*) as events from lake.events
      where event_date = cast('{{ var("as_of") }}' as date) group by referrer
  - id: fan-out
    topic: quality
    why: revenue that is added up twice was never earned
    bad: |
      select e.event_date, count(distinct s.campaign_id) as campaigns, sum(e.revenue_cents) as revenue_cents
      from lake.events as e
      left join lake.session_campaigns as s on s.session_id = e.session_id
      where e.event_date = cast('{{ var("as_of") }}' as date)
      group by e.event_date
    good: |
      with touched as (
        select session_id, count(*) as campaigns from lake.session_campaigns group by session_id
      )
      select e.event_date, max(t.campaigns) as most_touches, sum(e.revenue_cents) as revenue_cents
      from lake.events as e
      left join touched as t on t.session_id = e.session_id
      where e.event_date = cast('{{ var("as_of") }}' as date)
      group by e.event_date
  - id: name-pattern
    topic: naming
    why: the first word says how far the rows have come
    pattern: "^(stg|int|fct|dim|rep)_"
    bad: daily_final_v2
    good: fct_daily
  - id: key-tested
    topic: testing
    why: a key that nobody tests is a hope
    bad: |
      models:
        - name: dim_customers
          columns:
            - name: customer_id
    good: |
      models:
        - name: dim_customers
          columns:
            - name: customer_id
              data_tests: [unique, not_null]
  - id: unbounded-window
    topic: performance
    why: a window without the day sorts the whole year for one night
    bad: |
      select event_id, place from (
        select event_id, event_date, row_number() over (partition by customer_id order by occurred_at) as place
        from lake.events
      ) as numbered
      where event_date = cast('{{ var("as_of") }}' as date)
    good: |
      select event_id, row_number() over (partition by customer_id order by occurred_at) as place
      from lake.events
      where event_date = cast('{{ var("as_of") }}' as date)
  - id: incremental-unfiltered
    topic: cost
    why: the word incremental filters nothing
    over_bytes: 2000000
    bad: |
      {{ config(materialized='incremental', unique_key='event_id') }}
      select event_id, url from {{ source('lake', 'events') }}
    good: |
      {{ config(materialized='incremental', unique_key='event_id') }}
      select event_id, url from {{ source('lake', 'events') }}
      {% if is_incremental() %} where event_date >= cast('{{ var("as_of") }}' as date) - 3 {% endif %}
""")

# %% other: incremental-unfiltered for cost, output-star, order-by; dbt-style examples with source() and is_incremental()
lab.exercise("skills-doc", """
name: northlight-models
description: >-
  House rules for dbt models on the lake of Northlight Supply: cost, quality, names, tests, speed.
  Read it before you write, change or review a model.
rules:
  - {id: name-pattern, topic: naming, why: a name is the first documentation, pattern: '^(stg|int|fct|dim|rep)_[a-z0-9_]+$', bad: DailyRevenue, good: fct_daily_revenue}
  - id: output-star
    topic: quality
    why: a column that is new tonight is nobody's decision
    bad: select * from lake.customers
    good: select customer_id, country, segment, signed_up_at from lake.customers
  - id: order-by
    topic: performance
    why: a table has no order, so the sort is paid for nothing
    bad: select campaign_id, channel from lake.campaigns order by channel
    good: select campaign_id, channel from lake.campaigns
  - id: incremental-unfiltered
    topic: cost
    why: the word incremental filters nothing
    over_bytes: 500000
    bad: |
      {{ config(materialized='incremental', unique_key='event_date') }}
      select event_date, count(*) as events from {{ source('lake', 'events') }} group by event_date
    good: |
      {{ config(materialized='incremental', unique_key='event_date') }}
      select event_date, count(*) as events from {{ source('lake', 'events') }}
      {% if is_incremental() %}
      where event_date >= cast('{{ var("as_of") }}' as date) - 3
      {% endif %}
      group by event_date
  - id: key-tested
    topic: testing
    why: two rows of one customer double every join
    bad: |
      version: 2
      models:
        - name: dim_customers
          description: One row a customer.
          columns:
            - name: customer_id
            - name: country
    good: |
      version: 2
      models:
        - name: dim_customers
          description: One row a customer.
          columns:
            - name: customer_id
              data_tests:
                - unique
                - not_null
            - name: country
""")

# %% other: as a YAML library writes it; distinct-hides-fan-out and one-sided-filter; shortest description
lab.exercise("skills-doc", """
name: a1-b2
description: x
rules:
- id: distinct-hides-fan-out
  topic: quality
  why: equal amounts are taken for one
  bad: select distinct e.event_id, e.revenue_cents from lake.events as e join lake.session_campaigns as s on s.session_id = e.session_id where e.event_date = date '2026-06-01'
  good: with touched as (select session_id from lake.session_campaigns group by session_id) select e.event_id, e.revenue_cents from lake.events as e join touched as t on t.session_id = e.session_id where e.event_date = date '2026-06-01'
- id: one-sided-filter
  topic: performance
  why: the other side of the join reads the year
  bad: with looked as (select customer_id, count(*) as views from lake.events where event_type = 'view' and event_date >= cast('{{ var("as_of") }}' as date) - 27 group by customer_id), bought as (select customer_id, count(*) as purchases from lake.events where event_type = 'purchase' group by customer_id) select l.customer_id, l.views, b.purchases from looked as l left join bought as b on b.customer_id = l.customer_id
  good: with looked as (select customer_id, count(*) as views from lake.events where event_type = 'view' and event_date >= cast('{{ var("as_of") }}' as date) - 27 group by customer_id), bought as (select customer_id, count(*) as purchases from lake.events where event_type = 'purchase' and event_date >= cast('{{ var("as_of") }}' as date) - 27 group by customer_id) select l.customer_id, l.views, b.purchases from looked as l left join bought as b on b.customer_id = l.customer_id
- id: key-tested
  topic: testing
  why: a key that nobody tests is a hope
  bad: 'models: [{name: dim_customers, columns: [{name: customer_id}]}]'
  good: 'models: [{name: dim_customers, columns: [{name: customer_id, data_tests: [unique, not_null]}]}]'
- id: name-pattern
  topic: naming
  why: the first word says how far the rows have come
  pattern: ^(stg|int|fct|dim|rep)_
  bad: daily_final_v2
  good: fct_daily
- id: full-scan
  topic: cost
  why: a table that is read whole costs as much as the year
  over_bytes: 1000000
  bad: select referrer, count(*) as events from lake.events group by referrer
  good: 'select referrer, count(*) as events from lake.events

    where event_date = cast(''{{ var("as_of") }}'' as date) group by referrer

    '
- id: incremental-unfiltered
  topic: cost
  why: the word incremental filters nothing
  over_bytes: 2000000
  bad: |
    {{ config(materialized='incremental', unique_key='event_id') }}
    select event_id, url from {{ source('lake', 'events') }}
  good: |
    {{ config(materialized='incremental', unique_key='event_id') }}
    select event_id, url from {{ source('lake', 'events') }}
    {% if is_incremental() %} where event_date >= cast('{{ var("as_of") }}' as date) - 3 {% endif %}
""")
