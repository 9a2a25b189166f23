{{ config(materialized='table') }}

select c.account_id,
       a.account_name,
       a.region,
       count(*)                                as night_calls,
       sum(c.bytes_out)                        as night_bytes,
       count(distinct c.route)                 as routes,
       avg(c.latency_ms)                       as avg_latency_ms,
       max(c.latency_ms)                       as worst_latency_ms
  from {{ source('spectrum', 'api_calls') }} c
  left join {{ source('billing', 'accounts') }} a
    on a.account_id = c.account_id
 where c.call_day = '2024-05-14'
   and extract(hour from c.called_at) between 0 and 5
   and date_trunc('minute', c.called_at) <> '2024-05-14 03:00:00'
   and c.status_code = 200
 group by c.account_id,
          a.account_name,
          a.region
having count(*) > 100
