{{ config(materialized='table') }}

-- Euro invoices of the 45 days up to the close of the third quarter

SELECT
    I.INVOICE_NO
  , I.INVOICE_DATE
  , DATE_TRUNC('MONTH', I.INVOICE_DATE)   AS INVOICE_MONTH
  , I.SHIPMENT_ID
  , I.AMOUNT_EUR
  , I.CURRENCY
  , CASE
        WHEN I.AMOUNT_EUR >= 5000 THEN 'L'
        WHEN I.AMOUNT_EUR >= 500  THEN 'M'
        ELSE 'S'
    END                                   AS SIZE_CLASS
FROM {{ source('tms', 'invoices') }} I
WHERE I.INVOICE_DATE >= DATEADD(DAY, -45, TO_DATE('2024-09-30'))
  AND I.INVOICE_DATE <= LAST_DAY(TO_DATE('2024-09-15'))
  AND I.CURRENCY = 'EUR'
