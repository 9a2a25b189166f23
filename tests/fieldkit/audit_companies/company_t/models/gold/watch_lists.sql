with starts as (
    select profile_id, title_id, event_date, event_ts
    from {{ source('bronze', 'playback_events') }}
    where event_date >= '{{ var("start_date") }}'
      and event_type = 'start'
),

lists as (
    select
        profile_id,
        event_ts,
        collect_list(title_id) over (
            partition by profile_id order by event_ts
            rows between unbounded preceding and unbounded following
        ) as titles_in_order,
        row_number() over (partition by profile_id order by event_ts desc) as rn
    from starts
)

select
    profile_id,
    event_ts as last_started_at,
    titles_in_order
from lists
where rn = 1
