with reads as (
    select meter_id, read_ts, received_at, kwh
    from {{ source('grid', 'meter_reads') }}
    where received_at >= '{{ var("from_date") }}'::timestamp_ntz
),

lagged as (
    select
        meter_id,
        read_ts,
        kwh,
        datediff('hour', read_ts, received_at) as delay_hours
    from reads
)

select
    m.grid_zone,
    count(*) as late_reads,
    avg(l.delay_hours) as avg_delay_hours,
    sum(l.kwh) as late_kwh
from lagged l
join {{ source('grid', 'meters') }} m on m.meter_id = l.meter_id
where l.delay_hours > 48
group by m.grid_zone
