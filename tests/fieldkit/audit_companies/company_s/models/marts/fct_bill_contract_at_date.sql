select
    h.product_line,
    h.sales_channel,
    b.bill_date,
    count(*) as bills,
    sum(b.amount_due) as amount_due
from {{ source('grid', 'bills') }} b
join {{ source('grid', 'contract_history') }} h
    on h.contract_id = b.contract_id
   and b.bill_date between h.valid_from and h.valid_to_inclusive
where b.bill_date >= '{{ var("from_date") }}'
group by h.product_line, h.sales_channel, b.bill_date
