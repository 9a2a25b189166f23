{{ config(materialized='incremental', unique_key='profile_id') }}

with firsts as (
    select
        profile_id,
        min(event_date) as first_watch_date,
        min_by(title_id, event_ts) as first_title_id
    from {{ source('bronze', 'playback_events') }}
    where event_type = 'start'
    group by profile_id
)

select f.profile_id, f.first_watch_date, f.first_title_id
from firsts f
{% if is_incremental() %}
where f.first_watch_date > (select max(first_watch_date) from {{ this }})
{% endif %}
