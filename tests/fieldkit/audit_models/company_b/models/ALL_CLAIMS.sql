{{ config(materialized='view') }}

-- Claims live in two tables: what is open or younger than a year,
-- and the archive that the insurance team moves closed claims to.
-- Analysts should use this view only.
-- Owner: claims desk, Rotterdam.

SELECT *
FROM {{ source('tms', 'claims') }}
WHERE AMOUNT_EUR IS NOT NULL
  AND AMOUNT_EUR > 0
  AND SHIPMENT_ID IS NOT NULL

UNION ALL

SELECT *
FROM {{ source('tms', 'claims_archive') }}
WHERE AMOUNT_EUR IS NOT NULL
  AND AMOUNT_EUR > 0
  AND SHIPMENT_ID IS NOT NULL
