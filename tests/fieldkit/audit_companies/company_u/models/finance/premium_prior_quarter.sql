select
    region_code,
    sum(premium_amount) as premium_amount,
    sum(case when date_format(booking_date, '%d') = '01' then premium_amount else 0 end) as booked_on_first
from {{ source('core', 'premiums_booked') }}
where booking_date >= date_add('month', -3, date_trunc('quarter', date '2025-06-30'))
  and booking_date < date_trunc('quarter', date '2025-06-30')
group by region_code
