{{
  config(
    materialized = 'incremental',
    incremental_strategy = 'delete+insert',
    unique_key = 'activity_id'
  )
}}

WITH session_rows AS (
  -- one row per session
  SELECT
    'session:' || s.session_id AS activity_id,
    s.player_id,
    s.ds,
    'session' AS kind
  FROM {{ source('lakehouse', 'sessions') }} AS s
  {% if is_incremental() %}
  WHERE s.ds >= (SELECT max(t.ds) FROM {{ this }} AS t)
  {% endif %}
),

purchase_rows AS (
  -- one row per purchase
  SELECT
    'purchase:' || pu.purchase_id AS activity_id,
    pu.player_id,
    pu.ds,
    'purchase' AS kind
  FROM {{ source('lakehouse', 'purchases') }} AS pu
  WHERE NOT pu.refunded
)

SELECT activity_id, player_id, ds, kind FROM session_rows
UNION ALL
SELECT activity_id, player_id, ds, kind FROM purchase_rows
