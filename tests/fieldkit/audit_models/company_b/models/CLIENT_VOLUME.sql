{{ config(materialized='table') }}

WITH VOLUME AS (
    SELECT
        CUSTOMER_ID
      , COUNT(*)         AS SHIPMENTS
      , SUM(WEIGHT_KG)   AS WEIGHT_KG
    FROM {{ source('tms', 'shipments') }}
    WHERE SHIP_DATE BETWEEN '2024-01-01' AND '2024-06-30'
    GROUP BY CUSTOMER_ID
    ORDER BY WEIGHT_KG DESC, CUSTOMER_ID
)

SELECT
    V.CUSTOMER_ID
  , C.CLIENT_NAME
  , C.COUNTRY
  , V.SHIPMENTS
  , V.WEIGHT_KG
FROM VOLUME V
LEFT JOIN {{ source('tms', 'clients') }} C
       ON C.CLIENT_ID = V.CUSTOMER_ID
