{{ config(materialized='table') }}

-- Do players that paid on launch day play on other platforms than the rest?

SELECT
  s.ds,
  s.platform,
  s.build,
  count(DISTINCT s.session_id) AS payer_sessions,
  count(DISTINCT s.player_id) AS payers,
  max(pu.price_usd) AS highest_price_usd
FROM {{ source('lakehouse', 'sessions') }} AS s
INNER JOIN {{ source('lakehouse', 'purchases') }} AS pu
  ON pu.ds = s.ds
  AND pu.player_id = s.player_id
WHERE
  s.ds = '2024-10-12'
  AND NOT pu.refunded
GROUP BY
  s.ds,
  s.platform,
  s.build
