{{ config(
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'event_date', 'data_type': 'date'}
) }}

with kills as (
    select event_date, player_id, event_id
    from {{ source('game', 'match_events') }}
    where event_name = 'kill'
    {% if is_incremental() %}
      and event_date >= date_sub((select max(event_date) from {{ this }}), interval 2 day)
    {% endif %}
)

select event_date, player_id, count(*) as kills
from kills
group by event_date, player_id
