select
    pe.title_id,
    t.title_name,
    count(distinct pe.profile_id) as viewers,
    sum(pe.seconds_watched) / 3600.0 as hours_watched,
    max(pe.event_date) as last_watched_on
from {{ source('bronze', 'playback_events') }} pe
join {{ source('mdm', 'titles') }} t on t.title_id = pe.title_id
where pe.event_type = 'heartbeat'
group by pe.title_id, t.title_name
having max(pe.event_date) >= '2025-06-01'
