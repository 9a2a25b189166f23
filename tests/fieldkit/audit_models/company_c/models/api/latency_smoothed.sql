with smoothed as (
    select call_id,
           call_day,
           account_id,
           route,
           latency_ms,
           avg(latency_ms) over (
               partition by account_id, route
               order by called_at
               rows between 20 preceding and current row
           ) as latency_ms_avg20
      from {{ source('spectrum', 'api_calls') }}
     where status_code < 500
)

select call_id,
       call_day,
       account_id,
       route,
       latency_ms,
       latency_ms_avg20,
       latency_ms > 3 * latency_ms_avg20 as is_spike
  from smoothed
 where call_day between '2024-05-01' and '2024-05-31'
