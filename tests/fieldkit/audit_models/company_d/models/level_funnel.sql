{{ config(materialized='table') }}

SELECT
  e.level_id,
  d.level_name,
  d.world,
  count_if(e.event_name = 'level_start') AS starts,
  count_if(e.event_name = 'level_win') AS wins,
  count_if(e.event_name = 'level_fail') AS fails,
  count(DISTINCT e.player_id) AS players
FROM {{ source('lakehouse', 'game_events') }} AS e
LEFT JOIN {{ source('lakehouse', 'level_defs') }} AS d
  ON d.level_id = e.level_id
WHERE
  e.ds BETWEEN '2024-10-01' AND '2024-10-07'
  AND e.event_name IN ('level_start', 'level_win', 'level_fail')
GROUP BY
  e.level_id,
  d.level_name,
  d.world
