{{ config(materialized='incremental', incremental_strategy='append') }}

select c.call_id,
       c.call_day,
       c.called_at,
       c.account_id,
       c.route,
       c.status_code,
       c.latency_ms,
       c.bytes_out,
       case when c.status_code = 429 then 'throttled'
            when c.status_code between 500 and 599 then 'server'
            else 'client'
       end as error_class
  from {{ source('spectrum', 'api_calls') }} c
 where c.status_code >= 400
{% if is_incremental() %}
   and c.call_day >= trunc(getdate()) - 1
   and c.call_day <  trunc(getdate())
{% endif %}
