{{ config(materialized='table') }}

-- What did a shipment cost us, and what is left of the price?
-- Grain: one row per shipment.

WITH SHIPPED AS (
    SELECT
        SHIPMENT_ID
      , SHIP_DATE
      , CUSTOMER_ID
      , CARRIER_ID
      , ORIGIN_HUB
      , DEST_HUB
      , WEIGHT_KG
      , PRICE_EUR
    FROM {{ source('tms', 'shipments') }}
    WHERE SHIP_DATE >= '2024-01-01'
      AND SHIP_DATE <  '2025-01-01'
      AND STATUS <> 'VOID'
)

, EXTRA AS (
    SELECT
        SHIPMENT_ID
      , SUM(AMOUNT_EUR) AS SURCHARGE_EUR
      , COUNT(*)        AS SURCHARGES
    FROM {{ source('tms', 'surcharges') }}
    GROUP BY SHIPMENT_ID
)

, RATED AS (
    SELECT
        S.SHIPMENT_ID
      , S.SHIP_DATE
      , S.CUSTOMER_ID
      , S.CARRIER_ID
      , S.ORIGIN_HUB
      , S.DEST_HUB
      , S.WEIGHT_KG
      , S.PRICE_EUR
      , R.EUR_PER_KG
      , ROUND(S.WEIGHT_KG * R.EUR_PER_KG, 2) AS BASE_COST_EUR
    FROM SHIPPED S
    LEFT JOIN {{ source('tms', 'carrier_rates') }} R
        ON  R.CARRIER_ID = S.CARRIER_ID
        AND CURRENT_DATE() >= R.VALID_FROM
        AND CURRENT_DATE() <  R.VALID_TO
)

SELECT
    RATED.SHIPMENT_ID
  , RATED.SHIP_DATE
  , CL.CLIENT_NAME
  , CA.CARRIER_NAME
  , RATED.ORIGIN_HUB
  , RATED.DEST_HUB
  , RATED.WEIGHT_KG
  , RATED.EUR_PER_KG
  , RATED.BASE_COST_EUR
  , COALESCE(EXTRA.SURCHARGE_EUR, 0) AS SURCHARGE_EUR
  , COALESCE(EXTRA.SURCHARGES, 0)    AS SURCHARGES
  , RATED.PRICE_EUR
  , RATED.PRICE_EUR
      - RATED.BASE_COST_EUR
      - COALESCE(EXTRA.SURCHARGE_EUR, 0) AS MARGIN_EUR
FROM RATED
LEFT JOIN EXTRA
       ON EXTRA.SHIPMENT_ID = RATED.SHIPMENT_ID
LEFT JOIN {{ source('tms', 'clients') }} CL
       ON CL.CLIENT_ID = RATED.CUSTOMER_ID
LEFT JOIN {{ source('tms', 'carriers') }} CA
       ON CA.CARRIER_ID = RATED.CARRIER_ID
