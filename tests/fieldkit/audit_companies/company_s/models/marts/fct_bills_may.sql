with may_bills as (
    select bill_id, contract_id, amount_due, vat_amount
    from {{ source('grid', 'bills') }}
    where last_day(bill_date) = '2025-05-31'
)

select
    b.contract_id,
    c.tariff_code,
    sum(b.amount_due) as amount_due,
    sum(b.vat_amount) as vat_amount
from may_bills b
join {{ source('grid', 'contracts') }} c on c.contract_id = b.contract_id
group by b.contract_id, c.tariff_code
