with views as (
    select profile_id, title_id, sum(seconds_watched) as seconds_watched
    from {{ source('bronze', 'playback_events') }}
    where event_date >= '{{ var("start_date") }}'
      and event_type = 'heartbeat'
    group by profile_id, title_id
)

select
    t.title_id,
    count(*) as viewers,
    avg(least(v.seconds_watched / (t.runtime_min * 60.0), 1.0)) as avg_completion
from views v
join {{ source('mdm', 'titles') }} t on t.title_id = v.title_id
where t.runtime_min > 0
group by t.title_id
