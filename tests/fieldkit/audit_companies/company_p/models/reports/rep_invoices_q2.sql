select
    customer_id,
    date_trunc('month', invoice_date) as invoice_month,
    count(*) as invoices,
    sum(net_amount) as net_amount
from {{ source('lake', 'invoices') }}
where invoice_date >= date_trunc('quarter', date '2025-05-15')
  and invoice_date < date_trunc('quarter', date '2025-05-15') + interval 3 month
group by customer_id, date_trunc('month', invoice_date)
