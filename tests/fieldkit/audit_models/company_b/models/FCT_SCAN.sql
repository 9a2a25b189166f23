{{ config(
    materialized = 'incremental',
    incremental_strategy = 'microbatch',
    event_time = 'scan_date',
    batch_size = 'day',
    lookback = 2,
    begin = '2023-01-01'
) }}

WITH SCANS AS (
    SELECT
        SCAN_ID
      , SCAN_DATE
      , SCANNED_AT
      , SHIPMENT_ID
      , HUB_ID
      , EVENT_CODE
    FROM {{ source('tms', 'scans') }}
)

SELECT
    SCAN_ID
  , SCAN_DATE
  , SCANNED_AT
  , SHIPMENT_ID
  , HUB_ID
  , EVENT_CODE
  , EVENT_CODE IN ('DMG', 'LST') AS IS_INCIDENT
FROM SCANS
WHERE SHIPMENT_ID IS NOT NULL
