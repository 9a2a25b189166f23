with inv as (
    select customer_id, invoice_id, net_amount, tax_amount
    from {{ source('lake', 'invoices') }}
    where date_trunc('month', invoice_date) = date '2025-05-01'
),

totals as (
    select
        customer_id,
        count(*) as invoices,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount
    from inv
    group by customer_id
)

select
    customer_id,
    invoices,
    net_amount,
    tax_amount,
    net_amount + tax_amount as gross_amount
from totals
order by gross_amount desc
