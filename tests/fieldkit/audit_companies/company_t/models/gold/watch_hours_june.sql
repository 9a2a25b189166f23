select
    title_id,
    trunc(event_date, 'MM') as watch_month,
    sum(seconds_watched) / 3600.0 as hours_watched
from {{ source('bronze', 'playback_events') }}
where event_date >= trunc('2025-06-17', 'MM')
  and event_date <= last_day('2025-06-17')
  and event_type = 'heartbeat'
group by title_id, trunc(event_date, 'MM')
