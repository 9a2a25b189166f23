select
    p.product_code,
    p.region_code,
    sum(b.premium_amount) as premium_amount,
    sum(b.commission_amount) as commission_amount,
    count(distinct b.policy_id) as policies
from {{ source('core', 'premiums_booked') }} b
join {{ source('core', 'policies') }} p on p.policy_id = b.policy_id
where year(b.booking_date) = {{ var('report_year') }}
  and b.booking_type in ('NEW', 'RENEWAL')
group by p.product_code, p.region_code
