with paid as (
    select line_of_business, sum(paid_amount) as paid_amount
    from {{ source('core', 'claim_payments') }}
    where payment_date >= date '{{ var("start_date") }}'
      and payment_date < date '{{ var("end_date") }}'
    group by line_of_business
),

earned as (
    select line_of_business, sum(premium_amount) as premium_amount
    from {{ source('core', 'premiums_booked') }}
    where booking_date >= date '{{ var("start_date") }}'
      and booking_date < date '{{ var("end_date") }}'
    group by line_of_business
)

select
    earned.line_of_business,
    earned.premium_amount,
    coalesce(paid.paid_amount, 0) as paid_amount,
    coalesce(paid.paid_amount, 0) / nullif(earned.premium_amount, 0) as loss_ratio
from earned
left join paid on paid.line_of_business = earned.line_of_business
