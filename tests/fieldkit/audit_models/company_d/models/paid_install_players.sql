{{ config(materialized='table') }}

WITH touches AS (
  SELECT
    player_id,
    campaign_id
  FROM {{ source('lakehouse', 'player_touches') }}
  WHERE channel IN ('video', 'search')
)

SELECT DISTINCT
  p.player_id,
  p.country,
  p.install_ds,
  p.install_source,
  p.cohort
FROM {{ source('lakehouse', 'players') }} AS p
INNER JOIN touches AS t
  ON t.player_id = p.player_id
WHERE p.install_source <> 'organic'
