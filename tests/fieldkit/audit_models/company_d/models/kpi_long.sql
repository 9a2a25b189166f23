{{ config(materialized='table') }}

SELECT
  ds,
  'sessions' AS kpi,
  cast(count(*) AS double) AS kpi_value
FROM {{ source('lakehouse', 'sessions') }}
WHERE ds >= '2024-10-01'
GROUP BY ds

UNION ALL

SELECT
  ds,
  'revenue_usd' AS kpi,
  cast(sum(price_usd) AS double) AS kpi_value
FROM {{ source('lakehouse', 'purchases') }}
WHERE ds >= '2024-10-01'
GROUP BY ds

ORDER BY
  ds,
  kpi
