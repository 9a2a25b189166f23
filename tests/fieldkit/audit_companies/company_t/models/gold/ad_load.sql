with breaks as (
    select profile_id, break_date as day, sum(filled_seconds) as ad_seconds
    from {{ source('bronze', 'ad_breaks') }}
    where break_date between '{{ var("start_date") }}' and '{{ var("batch_date") }}'
    group by profile_id, break_date
),

watched as (
    select profile_id, event_date as day, sum(seconds_watched) as content_seconds
    from {{ source('bronze', 'playback_events') }}
    where event_date between '{{ var("start_date") }}' and '{{ var("batch_date") }}'
    group by profile_id, event_date
)

select
    profile_id,
    day,
    watched.content_seconds,
    coalesce(breaks.ad_seconds, 0) as ad_seconds
from watched
left join breaks using (profile_id, day)
