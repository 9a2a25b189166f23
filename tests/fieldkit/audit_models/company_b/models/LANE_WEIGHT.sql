SELECT
    T.LANE
  , T.DAY
  , COUNT(*)           AS SHIPMENTS
  , SUM(T.KG)          AS KG
  , AVG(T.KG)          AS AVG_KG
FROM (
    SELECT
        ORIGIN_HUB || '-' || DEST_HUB   AS LANE
      , SHIP_DATE                       AS DAY
      , WEIGHT_KG                       AS KG
      , STATUS
    FROM {{ source('tms', 'shipments') }}
) T
WHERE T.DAY >= '2024-10-01'
  AND T.DAY < '2024-11-01'
  AND T.STATUS = 'DELIVERED'
GROUP BY
    T.LANE
  , T.DAY
