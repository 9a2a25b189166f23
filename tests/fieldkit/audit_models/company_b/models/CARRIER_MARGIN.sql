{{ config(materialized='table', cluster_by=['carrier_id']) }}

WITH SHIPPED AS (
    SELECT
        SHIPMENT_ID
      , CARRIER_ID
      , PRICE_EUR
    FROM {{ source('tms', 'shipments') }}
    WHERE SHIP_DATE BETWEEN '2024-07-01' AND '2024-09-30'
      AND STATUS = 'DELIVERED'
)

SELECT
    S.CARRIER_ID
  , C.CARRIER_NAME
  , SUM(S.PRICE_EUR)                     AS BASE_EUR
  , SUM(COALESCE(X.AMOUNT_EUR, 0))       AS SURCHARGE_EUR
  , SUM(S.PRICE_EUR) + SUM(COALESCE(X.AMOUNT_EUR, 0)) AS TOTAL_EUR
FROM SHIPPED S
JOIN {{ source('tms', 'carriers') }} C
  ON C.CARRIER_ID = S.CARRIER_ID
LEFT JOIN {{ source('tms', 'surcharges') }} X
  ON X.SHIPMENT_ID = S.SHIPMENT_ID
GROUP BY S.CARRIER_ID, C.CARRIER_NAME
