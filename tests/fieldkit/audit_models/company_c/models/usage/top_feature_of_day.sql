{{ config(materialized='table') }}

with ranked as (
    select event_day,
           account_id,
           feature_key,
           units,
           row_number() over (
               partition by event_day, account_id
               order by units desc, event_id
           ) as rn
      from {{ source('spectrum', 'usage_events') }}
)

select event_day,
       account_id,
       feature_key as top_feature,
       units       as top_units
  from ranked
 where rn = 1
   and event_day >= '2024-05-01'
   and event_day <  '2024-05-08'
