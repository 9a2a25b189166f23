with daily as (
    select meter_id, read_date as day, sum(kwh) as kwh
    from {{ source('grid', 'meter_reads') }}
    group by meter_id, read_date
),

rolling as (
    select
        meter_id,
        day,
        kwh,
        avg(kwh) over (
            partition by meter_id
            order by day
            rows between 6 preceding and current row
        ) as kwh_7d_avg
    from daily
),

final as (
    select meter_id, day, kwh, kwh_7d_avg, kwh / nullif(kwh_7d_avg, 0) as ratio_to_avg
    from rolling
)

select meter_id, day, kwh, kwh_7d_avg, ratio_to_avg
from final
where day >= '{{ var("from_date") }}'
