{{ config(materialized='table') }}

WITH october AS (
  SELECT
    pu.ds,
    pu.sku,
    pu.player_id,
    pu.price_usd
  FROM {{ source('lakehouse', 'purchases') }} AS pu
  WHERE
    substr(pu.ds, 1, 7) = '2024-10'
    AND NOT pu.refunded
)

SELECT
  o.ds,
  k.sku_group,
  count(*) AS purchases,
  count(DISTINCT o.player_id) AS payers,
  sum(o.price_usd) AS revenue_usd
FROM october AS o
LEFT JOIN {{ source('lakehouse', 'skus') }} AS k
  ON k.sku = o.sku
GROUP BY
  o.ds,
  k.sku_group
