{{ config(materialized='table') }}

SELECT
    i.account_id,
    p.plan_name,
    COUNT(DISTINCT i.invoice_id)                            AS invoices,
    COUNT(*)                                                AS items,
    SUM(i.quantity)                                         AS quantity,
    SUM(i.quantity * p.price_cents)                         AS list_cents,
    SUM(i.quantity * i.unit_cents)                          AS billed_cents,
    SUM(i.quantity * p.price_cents)
        - SUM(i.quantity * i.unit_cents)                    AS discount_cents
FROM {{ source('billing', 'invoice_items') }} AS i
INNER JOIN {{ source('billing', 'plans') }} AS p
    ON p.plan_code = i.plan_code
WHERE i.invoiced_on >= '2024-01-01'
  AND i.invoiced_on < '2025-01-01'
GROUP BY
    i.account_id,
    p.plan_name
