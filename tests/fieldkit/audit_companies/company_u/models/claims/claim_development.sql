with payments as (
    select claim_id, payment_id, payment_date, paid_amount
    from {{ source('core', 'claim_payments') }}
    where not reversed
),

cumulated as (
    select
        claim_id,
        payment_id,
        payment_date,
        paid_amount,
        sum(paid_amount) over (
            partition by claim_id
            order by payment_date, payment_id
            rows between unbounded preceding and current row
        ) as paid_to_date,
        min(payment_date) over (partition by claim_id) as first_payment_date
    from payments
),

triangle as (
    select
        claim_id,
        payment_date,
        date_diff('month', first_payment_date, payment_date) as development_month,
        paid_amount,
        paid_to_date
    from cumulated
    order by claim_id, development_month
),

recent as (
    select claim_id, payment_date, development_month, paid_amount, paid_to_date
    from triangle
    where payment_date >= date '{{ var("start_date") }}'
      and payment_date < date '{{ var("end_date") }}'
)

select
    development_month,
    count(distinct claim_id) as claims,
    sum(paid_amount) as paid_amount,
    max(paid_to_date) as largest_paid_to_date
from recent
group by development_month
