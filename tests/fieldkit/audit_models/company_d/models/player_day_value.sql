{{ config(materialized='table') }}

/*
  Daily value of a player: how much did they play, how much did they pay.
*/

WITH s AS (
  SELECT session_id, player_id, ds, platform
  FROM {{ source('lakehouse', 'sessions') }}
  WHERE ds BETWEEN '2024-10-01' AND '2024-10-31'
),

pu AS (
  SELECT purchase_id, player_id, ds, price_usd
  FROM {{ source('lakehouse', 'purchases') }}
  WHERE ds BETWEEN '2024-10-01' AND '2024-10-31'
)

SELECT
  s.player_id,
  s.ds,
  count(DISTINCT s.session_id) AS sessions,
  count(DISTINCT pu.purchase_id) AS purchases,
  sum(pu.price_usd) AS spent_usd
FROM s
LEFT JOIN pu
  ON pu.player_id = s.player_id
  AND pu.ds = s.ds
GROUP BY
  s.player_id,
  s.ds
