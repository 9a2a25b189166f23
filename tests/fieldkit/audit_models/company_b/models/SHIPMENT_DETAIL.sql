{{ config(materialized='table') }}

SELECT
    S.SHIPMENT_ID
  , S.SHIP_DATE
  , CL.CLIENT_NAME
  , CA.CARRIER_NAME
  , S.ORIGIN_HUB
  , S.DEST_HUB
  , S.WEIGHT_KG
  , S.PRICE_EUR
  , CURRENT_TIMESTAMP()  AS LOADED_AT
FROM {{ source('tms', 'shipments') }} S
LEFT JOIN {{ source('tms', 'clients') }} CL
       ON CL.CLIENT_ID = S.CUSTOMER_ID
LEFT JOIN {{ source('tms', 'carriers') }} CA
       ON CA.CARRIER_ID = S.CARRIER_ID
WHERE S.SHIP_DATE >= '2024-01-01'
  AND S.SHIP_DATE < '2025-01-01'
  AND S.STATUS <> 'VOID'
