with peak as (
    select meter_id, max(kwh) as peak_kwh
    from {{ source('grid', 'meter_reads') }}
    group by meter_id
)

select
    e.event_id,
    e.meter_id,
    e.event_date,
    e.event_code,
    peak.peak_kwh
from {{ source('grid', 'meter_events') }} e
left join peak on peak.meter_id = e.meter_id
{% if is_incremental() %}
where e.event_date >= (select max(event_date) from {{ this }})
{% endif %}
