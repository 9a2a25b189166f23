{{ config(materialized='table') }}

WITH s AS (
  SELECT session_id, platform, player_id
  FROM {{ ref('sessions_with_dates') }}
  WHERE session_date = date '2024-10-12'
),

total AS (
  SELECT count(*) AS all_sessions
  FROM s
),

labels (platform, platform_label) AS (
  SELECT * FROM (
    VALUES ('ios', 'iOS'), ('android', 'Android'), ('ps5', 'PlayStation 5')
  ) AS v (a, b)
),

per_platform AS (
  SELECT platform, count(*) AS sessions
  FROM s
  GROUP BY platform
)

SELECT
  pp.platform,
  coalesce(l.platform_label, 'other') AS platform_label,
  pp.sessions,
  pp.sessions * 1.0 / total.all_sessions AS share
FROM per_platform AS pp
CROSS JOIN total
LEFT JOIN labels AS l
  ON l.platform = pp.platform
