{{ config(materialized='table') }}

/*
  Stability report: how often does a build crash on a platform?

  Steps:
    1. take the sessions of one week
    2. attach the trouble events of each session
    3. classify the events
    4. aggregate per platform, build and class
*/

-- Step 1: sessions of the week
WITH week_sessions AS (
  SELECT
    session_id,
    player_id,
    platform,
    build,
    date_diff('minute', started_at, ended_at) AS minutes
  FROM {{ source('lakehouse', 'sessions') }}
  WHERE
    ds BETWEEN '2024-10-07' AND '2024-10-13'
    AND ended_at IS NOT NULL
),

-- Step 2: trouble events of these sessions
trouble AS (
  SELECT
    ws.session_id,
    ws.player_id,
    ws.platform,
    ws.build,
    e.event_id,
    e.event_name,
    e.level_id
  FROM week_sessions AS ws
  INNER JOIN {{ source('lakehouse', 'game_events') }} AS e
    ON e.session_id = ws.session_id
  WHERE e.event_name IN ('crash', 'freeze', 'disconnect')
),

-- Step 3: classify
classified AS (
  SELECT
    t.session_id,
    t.player_id,
    t.platform,
    t.build,
    t.event_id,
    CASE
      WHEN t.event_name IN ('crash', 'freeze') THEN 'client'
      ELSE 'network'
    END AS trouble_class,
    d.world
  FROM trouble AS t
  LEFT JOIN {{ source('lakehouse', 'level_defs') }} AS d
    ON d.level_id = t.level_id
)

-- Step 4: aggregate
SELECT
  platform,
  build,
  trouble_class,
  world,
  count(event_id) AS events,
  count(DISTINCT session_id) AS sessions,
  count(DISTINCT player_id) AS players
FROM classified
GROUP BY
  platform,
  build,
  trouble_class,
  world
