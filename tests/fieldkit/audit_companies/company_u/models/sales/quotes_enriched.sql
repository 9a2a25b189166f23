{{ config(materialized='incremental', unique_key='quote_id', incremental_strategy='merge') }}

select
    q.quote_id,
    q.quote_date,
    q.channel,
    q.premium_amount,
    p.product_code,
    a.agency_code
from {{ source('core', 'quotes') }} q
left join {{ source('core', 'policies') }} p on p.policy_id = q.policy_id
left join {{ source('core', 'agents') }} a on a.agent_id = q.agent_id
{% if is_incremental() %}
where q.quote_date > (select max(quote_date) from {{ this }})
{% endif %}
