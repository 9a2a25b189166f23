with reads as (
    select
        meter_id,
        date_trunc('hour', read_ts) as read_hour,
        read_date,
        kwh,
        quality_flag
    from {{ source('grid', 'meter_reads') }}
    {% if not is_incremental() %}
    where read_date >= '{{ var("from_date") }}'
    {% endif %}
)

select
    meter_id,
    read_hour,
    min(read_date) as read_date,
    sum(kwh) as kwh,
    count_if(quality_flag = 'EST') as estimated_reads
from reads
group by meter_id, read_hour
