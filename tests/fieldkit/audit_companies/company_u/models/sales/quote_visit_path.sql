with visits as (
    select
        visitor_id,
        count(*) as visits,
        min(landing_page) as a_landing_page
    from {{ source('core', 'web_visits') }}
    where not is_bot
    group by visitor_id
),

q as (
    select quote_id, visitor_id, quote_date, premium_amount
    from {{ source('core', 'quotes') }}
    where quote_date >= date '{{ var("start_date") }}'
      and quote_date < date '{{ var("end_date") }}'
)

select
    q.quote_id,
    q.quote_date,
    q.premium_amount,
    visits.visits,
    visits.a_landing_page
from q
inner join visits using (visitor_id)
