{{ config(materialized='table') }}

SELECT
  s.session_id,
  s.player_id,
  cast(date_parse(s.ds, '%Y-%m-%d') AS date) AS session_date,
  day_of_week(cast(date_parse(s.ds, '%Y-%m-%d') AS date)) AS session_dow,
  s.platform,
  s.build,
  s.platform IN ('ios', 'android') AS is_mobile,
  s.platform || '/' || s.build AS platform_build,
  s.started_at,
  s.ended_at,
  date_diff('second', s.started_at, s.ended_at) AS seconds
FROM {{ source('lakehouse', 'sessions') }} AS s
WHERE
  s.ds >= '2024-10-01'
  AND s.ds < '2024-11-01'
  AND s.ended_at IS NOT NULL
  AND s.ended_at > s.started_at
