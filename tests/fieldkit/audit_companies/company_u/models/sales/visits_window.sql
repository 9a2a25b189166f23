select
    landing_page,
    campaign_code,
    count(*) as visits,
    approx_distinct(visitor_id) as visitors,
    avg(pages_seen) as avg_pages
from {{ source('core', 'web_visits') }}
where date_add('day', 30, visit_date) >= date '2025-07-01'
  and not is_bot
group by landing_page, campaign_code
