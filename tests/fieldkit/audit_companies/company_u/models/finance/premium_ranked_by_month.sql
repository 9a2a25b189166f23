with monthly as (
    select
        product_code,
        date_trunc('month', booking_date) as booking_month,
        sum(premium_amount) as premium_amount
    from {{ source('core', 'premiums_booked') }}
    where booking_date >= date '2025-01-01'
      and booking_date < date '2025-07-01'
    group by product_code, date_trunc('month', booking_date)
)

select
    product_code,
    booking_month,
    premium_amount,
    sum(premium_amount) over (partition by product_code order by booking_month) as premium_to_date
from monthly
where premium_amount > 0
