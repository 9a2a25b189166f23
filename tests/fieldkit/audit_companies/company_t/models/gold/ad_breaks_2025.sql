select
    placement,
    device_class,
    month(break_date) as break_month,
    count(*) as breaks,
    sum(filled_seconds) / sum(available_seconds) as fill_rate
from {{ source('bronze', 'ad_breaks') }}
where year(break_date) = 2025
  and month(break_date) between 4 and 6
group by placement, device_class, month(break_date)
order by break_month, fill_rate desc
