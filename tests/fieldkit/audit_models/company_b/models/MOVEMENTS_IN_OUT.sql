{{ config(materialized='table') }}

SELECT
    S.ORIGIN_HUB            AS HUB_ID
  , 'OUT'                   AS DIRECTION
  , S.CARRIER_ID
  , COUNT(*)                AS SHIPMENTS
  , SUM(S.WEIGHT_KG)        AS WEIGHT_KG
FROM {{ source('tms', 'shipments') }} S
WHERE S.SHIP_DATE >= '2024-01-01'::DATE
  AND S.STATUS <> 'VOID'
GROUP BY S.ORIGIN_HUB, S.CARRIER_ID

UNION ALL

SELECT
    S.DEST_HUB              AS HUB_ID
  , 'IN'                    AS DIRECTION
  , S.CARRIER_ID
  , COUNT(*)                AS SHIPMENTS
  , SUM(S.WEIGHT_KG)        AS WEIGHT_KG
FROM {{ source('tms', 'shipments') }} S
WHERE S.STATUS <> 'VOID'
GROUP BY S.DEST_HUB, S.CARRIER_ID
