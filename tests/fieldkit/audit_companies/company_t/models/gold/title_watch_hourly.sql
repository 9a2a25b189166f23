{{ config(materialized='incremental', unique_key=['title_id', 'watch_hour']) }}

with events as (
    select *
    from {{ source('bronze', 'playback_events') }}
    where event_type = 'heartbeat'
    {% if is_incremental() %}
      and event_date >= (select coalesce(max(event_date), '1900-01-01') from {{ this }})
    {% endif %}
)

select
    title_id,
    date_trunc('HOUR', event_ts) as watch_hour,
    min(event_date) as event_date,
    sum(seconds_watched) as seconds_watched
from events
group by title_id, date_trunc('HOUR', event_ts)
