{{ config(
    materialized='incremental', incremental_strategy='microbatch',
    event_time='event_date', batch_size='day', lookback=3, begin='2026-01-05'
) }}
-- runs: nightly. Events by hour and type, in batches of a day.
select
    event_date,
    date_trunc('hour', occurred_at) as hour,
    event_type,
    count(*) as events
from {{ source('lake', 'events') }}
group by event_date, date_trunc('hour', occurred_at), event_type
