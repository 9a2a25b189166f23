{{ config(materialized='incremental', incremental_strategy='merge', unique_key='account_id') }}

select
    account_id,
    plan_code,
    status,
    country_code,
    snapshot_date
from {{ source('bronze', 'subscriptions_daily') }}
where snapshot_date = '{{ var("batch_date") }}'
  and status <> 'closed'
