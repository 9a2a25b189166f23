{{ config(materialized='table', dist='account_id', sort='account_id') }}

select u.account_id,
       a.region,
       u.feature_key,
       count(*)                    as events,
       count(distinct u.event_day) as active_days,
       sum(u.units)                as units,
       max(u.units)                as peak_units
  from {{ source('spectrum', 'usage_events') }} u
  join {{ source('billing', 'accounts') }} a
    on a.account_id = u.account_id
 where u.event_day is not null
   and u.feature_key in (
         'export',
         'sso',
         'webhooks',
         'audit_log'
       )
   and u.units > 0
 group by u.account_id,
          a.region,
          u.feature_key
