{{ config(materialized='table') }}

WITH tagged AS (
  SELECT
    e.session_id,
    e.player_id,
    e.ds,
    e.event_name,
    -- what the player did first in the session
    first_value(e.event_name) OVER (
      PARTITION BY e.session_id
      ORDER BY e.event_time
    ) AS entry_event
  FROM {{ source('lakehouse', 'game_events') }} AS e
  WHERE e.event_name <> 'heartbeat'
)

SELECT
  t.ds,
  t.entry_event,
  count(DISTINCT t.session_id) AS sessions,
  count(DISTINCT t.player_id) AS players,
  count(*) AS events
FROM tagged AS t
WHERE t.ds = '2024-10-12'
GROUP BY
  t.ds,
  t.entry_event
