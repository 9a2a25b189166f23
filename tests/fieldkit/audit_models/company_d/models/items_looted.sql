{{ config(materialized='table') }}

WITH loot AS (
  SELECT
    e.event_id,
    e.ds,
    e.level_id,
    e.items
  FROM {{ source('lakehouse', 'game_events') }} AS e
  WHERE
    e.ds = '2024-10-12'
    AND e.hour BETWEEN 18 AND 22
    AND e.event_name = 'loot'
)

SELECT
  loot.ds,
  loot.level_id,
  i.item_code,
  sum(i.qty) AS looted,
  count(DISTINCT loot.event_id) AS loot_events
FROM loot
CROSS JOIN UNNEST(loot.items) AS i (item_code, qty)
GROUP BY
  loot.ds,
  loot.level_id,
  i.item_code
