{{ config(
    incremental_strategy='microbatch',
    event_time='imp_date',
    batch_size='day',
    begin='2024-01-01'
) }}

select
    imp_date,
    placement,
    network,
    count(*) as impressions,
    countif(completed) as completed_impressions,
    sum(ecpm_usd) / 1000 as revenue_usd
from {{ source('game', 'ad_impressions') }}
group by imp_date, placement, network
