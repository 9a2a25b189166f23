{{ config(materialized='table') }}

-- players_raw is append-only: the importer writes a new record
-- whenever a profile changes. Keep the newest one.

SELECT *
FROM (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY player_id
      ORDER BY imported_at DESC, record_id DESC
    ) AS rn
  FROM {{ source('lakehouse', 'players_raw') }}
  WHERE
    player_id IS NOT NULL
    AND NOT is_test_account
) AS ranked
WHERE
  ranked.rn = 1
