{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by=['event_date']
) }}

with beats as (
    select title_id, profile_id, seconds_watched, event_date
    from {{ source('bronze', 'playback_events') }}
    where event_type = 'heartbeat'
)

select
    title_id,
    count(distinct profile_id) as viewers,
    sum(seconds_watched) as seconds_watched,
    event_date
from beats
group by title_id, event_date
