{{ config(materialized='view') }}

SELECT DISTINCT acc.account_id,
                acc.account_name,
                acc.region,
                acc.owner_id,
                s.mrr_cents
FROM {{ source('billing', 'accounts') }} AS acc
INNER JOIN (
    SELECT account_id, SUM(mrr_cents) AS mrr_cents
    FROM {{ source('billing', 'subscriptions') }}
    WHERE ended_on IS NULL
    GROUP BY account_id
) AS s
    ON s.account_id = acc.account_id
INNER JOIN {{ source('billing', 'support_tickets') }} AS t
    ON t.account_id = acc.account_id
WHERE t.priority = 'P1'
  AND t.closed_on IS NULL
  AND acc.region IN ('eu', 'us', 'apac')
