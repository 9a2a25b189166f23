{{ config(materialized='table') }}

select a.region,
       u.feature_key,
       sum(u.units)                 as units,
       avg(u.units)                 as avg_units,
       count(distinct u.account_id) as accounts,
       case when sum(u.units) > 100000 then 'heavy'
            when sum(u.units) > 1000   then 'normal'
            else 'light'
       end                          as usage_class
  from (
        select account_id, feature_key, units
          from {{ source('spectrum', 'usage_events') }}
         where date_trunc('month', event_day) = '2024-05-01'
       ) u
  left join {{ source('billing', 'accounts') }} a
    on a.account_id = u.account_id
 group by a.region,
          u.feature_key
