# %% reference
lab.exercise("skills-doc", """
name: northlight-sql-standards
description: Rules for SQL models at Northlight. Use before writing or reviewing any model.
rules:
  - id: full-scan
    topic: cost
    why: a run reads its own days; a table that is read whole costs as much as the year
    over_bytes: 1000000
    bad: |
      select referrer, count(*) as events from {{ source('lake', 'events') }} group by referrer
    good: |
      select referrer, count(*) as events from {{ source('lake', 'events') }}
      where event_date = cast('{{ var("as_of") }}' as date) group by referrer
  - id: fan-out
    topic: quality
    why: a join that repeats rows counts revenue twice
    bad: |
      select e.customer_id, sum(e.revenue_cents) as cents from {{ source('lake', 'events') }} as e
      left join {{ source('lake', 'session_campaigns') }} as s on s.session_id = e.session_id
      where e.event_date = cast('{{ var("as_of") }}' as date) group by e.customer_id
    good: |
      select e.customer_id, sum(e.revenue_cents) as cents from {{ source('lake', 'events') }} as e
      where e.event_date = cast('{{ var("as_of") }}' as date) group by e.customer_id
  - id: name-pattern
    topic: naming
    why: the first word says how far the rows have come
    pattern: "^(stg|int|fct|dim|rep)_[a-z_]+$"
    bad: daily_final_v2
    good: fct_daily
  - id: key-tested
    topic: testing
    why: what a row is unique by is written down and tried each night
    bad: |
      models:
        - name: fct_daily
          columns: [{name: event_date, data_tests: [not_null]}]
    good: |
      models:
        - name: dim_customers
          columns: [{name: customer_id, data_tests: [not_null, unique]}]
  - id: unbounded-window
    topic: performance
    why: a filter after a window comes too late
    bad: |
      select event_id, place from (
          select event_id, event_date, row_number() over (partition by url order by event_id) as place
          from {{ source('lake', 'events') }}
      ) where event_date = cast('{{ var("as_of") }}' as date)
    good: |
      select event_id, row_number() over (partition by url order by event_id) as place
      from {{ source('lake', 'events') }} where event_date = cast('{{ var("as_of") }}' as date)
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

# %% other: other rules, in one line each
lab.exercise("skills-doc", """
name: sql
description: |
  What a model at Northlight may do.
  Use it in every review.
rules:
  - {id: incremental-unfiltered, topic: cost, over_bytes: 20000000, bad: "{{ config(materialized='incremental') }} select event_id from {{ source('lake', 'events') }}", good: "{{ config(materialized='incremental') }} select event_id from {{ source('lake', 'events') }} {% if is_incremental() %} where event_date >= (select max(event_date) from {{ this }}) {% endif %}"}
  - {id: output-star, topic: quality, bad: select * from lake.customers, good: "select customer_id, country from lake.customers"}
  - {id: order-by, topic: performance, bad: select country from lake.customers order by 1, good: select country from lake.customers}
  - {id: key-tested, topic: testing, bad: "models: [{name: fct_a}]", good: "models: [{name: fct_a, data_tests: [{dbt_utils.unique_combination_of_columns: {combination_of_columns: [a, b]}}]}]"}
  - {id: name-pattern, topic: naming, pattern: '_daily$', bad: daily, good: orders_daily}
waivers: []
""")

# %% other: all of it, four rules more
lab.exercise("skills-doc", """
name: a1-b2
description: Rules for SQL models at Northlight. Use before writing or reviewing any model.
rules:
  - id: full-scan
    topic: cost
    why: a run reads its own days; a table that is read whole costs as much as the year
    over_bytes: 1000000
    bad: |
      select referrer, count(*) as events from {{ source('lake', 'events') }} group by referrer
    good: |
      select referrer, count(*) as events from {{ source('lake', 'events') }}
      where event_date = cast('{{ var("as_of") }}' as date) group by referrer
  - id: fan-out
    topic: quality
    why: a join that repeats rows counts revenue twice
    bad: |
      select e.customer_id, sum(e.revenue_cents) as cents from {{ source('lake', 'events') }} as e
      left join {{ source('lake', 'session_campaigns') }} as s on s.session_id = e.session_id
      where e.event_date = cast('{{ var("as_of") }}' as date) group by e.customer_id
    good: |
      select e.customer_id, sum(e.revenue_cents) as cents from {{ source('lake', 'events') }} as e
      where e.event_date = cast('{{ var("as_of") }}' as date) group by e.customer_id
  - id: one-sided-filter
    topic: quality
    bad: |
      select a.event_id, b.url from {{ source('lake', 'events') }} as a
      join {{ source('lake', 'events') }} as b on b.customer_id = a.customer_id
      where a.event_date = '2026-03-01'
    good: |
      select a.event_id, b.url from {{ source('lake', 'events') }} as a
      join {{ source('lake', 'events') }} as b on b.customer_id = a.customer_id
      where a.event_date = '2026-03-01' and b.event_date = '2026-03-01'
  - id: non-deterministic
    topic: quality
    bad: select country from lake.customers where signed_up_at > now() - interval 1 day
    good: select country, now() as loaded_at from lake.customers where signed_up_at > '2026-01-01'
  - id: partition-function
    topic: cost
    bad: select event_id from lake.events where date_trunc('month', event_date) = '2026-03-01'
    good: select event_id from lake.events where event_date between '2026-03-01' and '2026-03-31'
  - id: distinct-hides-fan-out
    topic: quality
    bad: select distinct c.customer_id, c.country from lake.customers as c join lake.events as e on e.customer_id = c.customer_id where e.event_date = '2026-03-01'
    good: select country from lake.customers where customer_id in (select customer_id from lake.events where event_date = '2026-03-01')
  - id: name-pattern
    topic: naming
    why: the first word says how far the rows have come
    pattern: "^(stg|int|fct|dim|rep)_[a-z_]+$"
    bad: daily_final_v2
    good: fct_daily
  - id: key-tested
    topic: testing
    why: what a row is unique by is written down and tried each night
    bad: |
      models:
        - name: fct_daily
          columns: [{name: event_date, data_tests: [not_null]}]
    good: |
      models:
        - name: dim_customers
          columns: [{name: customer_id, data_tests: [not_null, unique]}]
  - id: unbounded-window
    topic: performance
    why: a filter after a window comes too late
    bad: |
      select event_id, place from (
          select event_id, event_date, row_number() over (partition by url order by event_id) as place
          from {{ source('lake', 'events') }}
      ) where event_date = cast('{{ var("as_of") }}' as date)
    good: |
      select event_id, row_number() over (partition by url order by event_id) as place
      from {{ source('lake', 'events') }} where event_date = cast('{{ var("as_of") }}' as date)
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
