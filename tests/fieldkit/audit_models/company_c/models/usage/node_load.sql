{{ config(materialized='table') }}

select t.node_id,
       t.event_day,
       t.units,
       t.accounts,
       t.units / nullif(t.accounts, 0) as units_per_account
  from (
        select u.node_id,
               u.event_day,
               sum(u.units)                 as units,
               count(distinct u.account_id) as accounts
          from {{ source('spectrum', 'usage_events') }} u
         where '2024-05-01' <= u.event_day
           and '2024-06-01' >  u.event_day
           and u.node_id is not null
         group by u.node_id,
                  u.event_day
       ) t
 where t.accounts > 1
