{{
  config(
    materialized = 'incremental',
    incremental_strategy = 'delete+insert',
    unique_key = 'ds'
  )
}}

-- Called by the scheduler with --vars 'process_ds: YYYY-MM-DD', one run per day,
-- also for backfills.

SELECT
  pu.ds,
  pu.sku,
  count(*) AS purchases,
  count(DISTINCT pu.player_id) AS payers,
  sum(pu.price_usd) AS revenue_usd,
  count_if(pu.refunded) AS refunds
FROM {{ source('lakehouse', 'purchases') }} AS pu
WHERE pu.ds = '{{ var("process_ds") }}'
GROUP BY
  pu.ds,
  pu.sku
