with bills as (
    select bill_id, contract_id, bill_date, amount_due, paid_amount
    from {{ source('grid', 'bills') }}
    where bill_date >= '{{ var("from_date") }}'
      and bill_date <= '{{ var("as_of_date") }}'
),

lines as (
    select bill_id, line_no, line_type, amount, cost_amount
    from {{ source('grid', 'bill_lines') }}
    where bill_date >= '{{ var("from_date") }}'
      and bill_date <= '{{ var("as_of_date") }}'
      and line_type in ('ENERGY', 'GRID', 'LEVY')
),

contracts as (
    select contract_id, premise_id, tariff_code
    from {{ source('grid', 'contracts') }}
),

combined as (
    select
        c.contract_id,
        c.tariff_code,
        date_trunc('month', b.bill_date) as bill_month,
        b.amount_due,
        b.paid_amount,
        l.line_type,
        l.amount as line_amount,
        l.cost_amount
    from bills b
    join contracts c on c.contract_id = b.contract_id
    left join lines l on l.bill_id = b.bill_id
)

select
    tariff_code,
    bill_month,
    sum(line_amount) as line_amount,
    sum(cost_amount) as cost_amount,
    sum(line_amount) - sum(cost_amount) as margin,
    sum(amount_due) as amount_due,
    sum(amount_due - paid_amount) as open_amount
from combined
group by tariff_code, bill_month
