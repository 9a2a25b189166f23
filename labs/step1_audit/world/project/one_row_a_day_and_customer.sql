select event_date, customer_id from {{ ref('fct_daily') }}
group by event_date, customer_id having count(*) > 1
