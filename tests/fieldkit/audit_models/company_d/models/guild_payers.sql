{{ config(materialized='table') }}

WITH pu AS (
  SELECT purchase_id, player_id, price_usd
  FROM {{ source('lakehouse', 'purchases') }}
  WHERE
    ds >= '2024-10-01'
    AND ds < '2024-11-01'
    AND NOT refunded
)

SELECT
  g.guild_id,
  count(DISTINCT pu.player_id) AS payers,
  count(DISTINCT pu.purchase_id) AS purchases,
  max(pu.price_usd) AS highest_price_usd
FROM pu
INNER JOIN {{ source('lakehouse', 'player_guilds') }} AS g
  ON g.player_id = pu.player_id
GROUP BY
  g.guild_id
