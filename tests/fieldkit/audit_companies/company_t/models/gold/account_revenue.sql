select
    s.snapshot_date,
    s.plan_code,
    count(*) as accounts,
    sum(s.billed_share * pp.monthly_price_eur / 30) as daily_revenue_eur
from {{ source('bronze', 'subscriptions_daily') }} s
join {{ source('mdm', 'plan_prices') }} pp
    on pp.plan_code = s.plan_code
   and pp.valid_from <= s.snapshot_date
   and pp.valid_to > s.snapshot_date
where s.snapshot_date >= '{{ var("start_date") }}'
  and s.status = 'active'
group by s.snapshot_date, s.plan_code
