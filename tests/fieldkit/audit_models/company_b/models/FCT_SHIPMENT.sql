{{ config(
    materialized = 'incremental',
    unique_key = 'shipment_id',
    incremental_strategy = 'merge'
) }}

WITH SRC AS (
    SELECT
        SHIPMENT_ID
      , SHIP_DATE
      , CUSTOMER_ID
      , CARRIER_ID
      , WEIGHT_KG
      , PRICE_EUR
      , STATUS
    FROM {{ source('tms', 'shipments') }}
    {% if not is_incremental() %}
    WHERE SHIP_DATE >= '2023-01-01'
    {% endif %}
)

SELECT
    SHIPMENT_ID
  , SHIP_DATE
  , CUSTOMER_ID
  , CARRIER_ID
  , WEIGHT_KG
  , PRICE_EUR
  , PRICE_EUR / NULLIF(WEIGHT_KG, 0) AS EUR_PER_KG
  , STATUS
FROM SRC
