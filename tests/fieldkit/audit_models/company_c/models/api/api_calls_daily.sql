{{ config(
     materialized='incremental',
     unique_key=['call_day', 'route'],
     incremental_strategy='delete+insert',
     sort='call_day'
) }}

with calls as (
    select call_day, route, account_id, status_code, latency_ms, bytes_out
      from {{ source('spectrum', 'api_calls') }}
    {% if is_incremental() %}
     where call_day >= (select coalesce(max(call_day), '2020-01-01') from {{ this }})
    {% endif %}
)

select call_day,
       route,
       count(*)                                            as calls,
       count(distinct account_id)                          as accounts,
       sum(case when status_code >= 500 then 1 else 0 end) as server_errors,
       avg(latency_ms)                                     as avg_latency_ms,
       sum(bytes_out)                                      as bytes_out
  from calls
 group by call_day,
          route
