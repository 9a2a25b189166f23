{{ config(materialized='incremental', unique_key=['visit_date', 'campaign_code']) }}

with v as (
    select visit_date, campaign_code, visitor_id, pages_seen
    from {{ source('core', 'web_visits') }}
    {% if is_incremental() %}
    where visit_date >= (select max(visit_date) from {{ this }})
    {% else %}
    where visit_date >= date '{{ var("start_date") }}'
    {% endif %}
)

select
    visit_date,
    campaign_code,
    count(*) as visits,
    count(distinct visitor_id) as visitors
from v
group by visit_date, campaign_code
