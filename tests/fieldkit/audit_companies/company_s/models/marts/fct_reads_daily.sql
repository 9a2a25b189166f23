with reads as (
    select meter_id, read_ts, read_date, kwh
    from {{ source('grid', 'meter_reads') }}
    where read_date between '{{ var("from_date") }}' and '{{ var("as_of_date") }}'
      and date_trunc('hour', read_ts) = read_ts
)

select
    meter_id,
    to_char(read_date, 'YYYY-MM') as read_month,
    count(*) as hourly_reads,
    sum(kwh) as kwh
from reads
group by meter_id, to_char(read_date, 'YYYY-MM')
