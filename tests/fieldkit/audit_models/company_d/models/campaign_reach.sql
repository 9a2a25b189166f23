{{ config(materialized='table') }}

-- Do not filter with current_date here: backfills must give the same rows.
-- (It used to be "where touched_on > now() - interval '30' day".)

SELECT
  t.campaign_id,
  c.campaign_name,
  c.now_playing,
  'reach until now()' AS metric_label,
  count(*) AS touches,
  count(DISTINCT t.player_id) AS players,
  current_timestamp AS refreshed_at
FROM {{ source('lakehouse', 'player_touches') }} AS t
LEFT JOIN {{ source('lakehouse', 'ad_campaigns') }} AS c
  ON c.campaign_id = t.campaign_id
WHERE t.touched_on >= date '{{ var("touches_from") }}'
GROUP BY
  t.campaign_id,
  c.campaign_name,
  c.now_playing
