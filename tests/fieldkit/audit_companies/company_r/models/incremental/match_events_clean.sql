{{ config(unique_key='event_id', incremental_strategy='merge') }}

with raw_events as (
    select event_id, match_id, player_id, event_name, event_date, event_ts, payload
    from {{ source('game', 'match_events') }}
    where event_name is not null
)

select
    r.event_id,
    r.match_id,
    r.player_id,
    lower(r.event_name) as event_name,
    r.event_date,
    r.event_ts,
    json_value(r.payload, '$.weapon') as weapon
from raw_events r
{% if is_incremental() %}
left join {{ this }} t on t.event_id = r.event_id
where t.event_id is null
{% endif %}
