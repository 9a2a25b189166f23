{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['meter_id', 'read_ts'],
    cluster_by=['read_date']
) }}

with reads as (
    select meter_id, read_ts, read_date, kwh, quality_flag
    from {{ source('grid', 'meter_reads') }}
    {% if is_incremental() %}
    where read_date >= (select dateadd('day', -2, max(read_date)) from {{ this }})
    {% else %}
    where read_date >= to_date('{{ var("from_date") }}')
    {% endif %}
),

with_previous as (
    select
        meter_id,
        read_ts,
        read_date,
        kwh,
        quality_flag,
        lag(read_ts) over (partition by meter_id order by read_ts) as previous_read_ts,
        lag(kwh) over (partition by meter_id order by read_ts) as previous_kwh
    from reads
),

checked as (
    select
        meter_id,
        read_ts,
        read_date,
        kwh,
        quality_flag,
        datediff('minute', previous_read_ts, read_ts) as gap_minutes,
        kwh - previous_kwh as kwh_change
    from with_previous
)

select
    c.meter_id,
    c.read_ts,
    c.read_date,
    c.kwh,
    c.quality_flag,
    c.gap_minutes > 60 as has_gap,
    abs(c.kwh_change) > 3 * m.rated_kw as is_spike
from checked c
join {{ source('grid', 'meters') }} m on m.meter_id = c.meter_id
