{{ config(
     materialized='incremental',
     unique_key=['event_day', 'plan_code'],
     incremental_strategy='delete+insert'
) }}

with ev as (
    select event_day, plan_code, account_id, units
      from {{ source('spectrum', 'usage_events') }}
     where event_day >= '2021-01-01'
       and plan_code is not null
)

select ev.event_day,
       ev.plan_code,
       pl.plan_name,
       count(distinct ev.account_id) as accounts,
       sum(ev.units)                 as units
  from ev
  left join {{ source('billing', 'plans') }} pl
    on pl.plan_code = ev.plan_code
 group by ev.event_day,
          ev.plan_code,
          pl.plan_name
