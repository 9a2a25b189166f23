{{ config(materialized='table') }}

with u as (
    select account_id, event_day, sum(units) as units
      from {{ source('spectrum', 'usage_events') }}
     where event_day >= '2024-04-01'
       and event_day <  '2024-05-01'
     group by account_id, event_day
)

select u.account_id,
       u.event_day,
       u.units,
       count(c.call_id)  as calls,
       max(c.latency_ms) as worst_latency_ms
  from u
  left join {{ source('spectrum', 'api_calls') }} c
    on c.account_id = u.account_id
   and c.call_day   = u.event_day
   and c.call_day  >= '2024-04-01'
   and c.call_day  <  '2024-05-01'
 group by u.account_id,
          u.event_day,
          u.units
