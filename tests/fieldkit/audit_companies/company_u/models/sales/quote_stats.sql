{{ config(materialized='incremental', unique_key=['quote_date', 'channel']) }}

select
    q.quote_date,
    q.channel,
    count(*) as quotes,
    count_if(q.converted) as converted_quotes,
    avg(q.premium_amount) as avg_premium,
    {% if is_incremental() %}
    'nightly' as load_type
    {% else %}
    'initial' as load_type
    {% endif %}
from {{ source('core', 'quotes') }} q
where q.channel is not null
group by q.quote_date, q.channel
