{{
  config(
    materialized = 'table'
  )
}}

-- Players with a session on a console,
-- used by CRM to build the "console" audience.

SELECT
  p.player_id,
  p.country,
  p.install_ds,
  p.install_source,
  p.cohort
FROM
  {{ source('lakehouse', 'players') }} AS p
WHERE
  p.country IN ('DE', 'FR', 'PL')
  AND EXISTS (
    SELECT 1
    FROM {{ source('lakehouse', 'sessions') }} AS s
    WHERE
      s.player_id = p.player_id
      AND s.platform IN ('ps5', 'xbox', 'switch')
  )
