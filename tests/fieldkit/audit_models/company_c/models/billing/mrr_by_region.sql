{{ config(materialized='table', sort='region') }}

SELECT
    a.region,
    s.plan_code,
    COUNT(*)                        AS subscriptions,
    COUNT(DISTINCT s.account_id)    AS accounts,
    SUM(s.seats)                    AS seats,
    AVG(s.seats)                    AS avg_seats,
    SUM(s.mrr_cents) / 100.0        AS mrr
FROM {{ source('billing', 'subscriptions') }} AS s
INNER JOIN {{ source('billing', 'accounts') }} AS a
    ON a.account_id = s.account_id
WHERE s.ended_on IS NULL
  AND s.mrr_cents > 0
  AND s.started_on <= '2024-12-31'
GROUP BY
    a.region,
    s.plan_code
ORDER BY 1, 2
