select
    s.*,
    e.event_id as start_event_id,
    e.event_ts as started_at
from {{ source('bronze', 'search_log') }} s, {{ source('bronze', 'playback_events') }} e
where s.clicked_title_id = e.title_id
  and s.profile_id = e.profile_id
  and e.event_type = 'start'
  and s.log_date >= '{{ var("start_date") }}'
