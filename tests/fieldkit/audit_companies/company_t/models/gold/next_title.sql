with starts as (
    select
        profile_id,
        title_id,
        event_date,
        event_ts,
        lead(title_id) over (partition by profile_id order by event_ts) as next_title_id
    from {{ source('bronze', 'playback_events') }}
    where event_type = 'start'
)

select
    a.title_name as title_name,
    b.title_name as next_title_name,
    count(*) as transitions
from starts s
join {{ source('mdm', 'titles') }} a on a.title_id = s.title_id
join {{ source('mdm', 'titles') }} b on b.title_id = s.next_title_id
where s.event_date >= '{{ var("start_date") }}'
group by a.title_name, b.title_name
