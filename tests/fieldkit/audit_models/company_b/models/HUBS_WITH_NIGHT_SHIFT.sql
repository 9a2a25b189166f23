{{ config(materialized='view') }}

WITH NIGHT AS (
    SELECT
        HUB_ID
      , SHIFT_NO
      , STARTS_AT
    FROM {{ source('tms', 'hub_shifts') }}
    WHERE STARTS_AT >= '20:00'
       OR STARTS_AT <  '05:00'
)

SELECT DISTINCT
    H.HUB_ID
  , H.HUB_NAME
  , H.COUNTRY
  , H.DOCK_COUNT
FROM {{ source('tms', 'hubs') }} H
JOIN NIGHT N
  ON N.HUB_ID = H.HUB_ID
WHERE H.DOCK_COUNT > 0
