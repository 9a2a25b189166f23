with bill_total as (
    select b.bill_id, b.meter_id, b.bill_date, b.amount_due, l.lines_amount
    from {{ source('grid', 'bills') }} b
    join (
        select bill_id, sum(amount) as lines_amount
        from {{ source('grid', 'bill_lines') }}
        where bill_date >= '{{ var("from_date") }}'
        group by bill_id
    ) l on l.bill_id = b.bill_id
    where b.bill_date >= '{{ var("from_date") }}'
)

select
    bt.bill_id,
    bt.meter_id,
    bt.bill_date,
    bt.amount_due - bt.lines_amount as difference,
    e.event_id,
    e.event_code
from bill_total bt
left join {{ source('grid', 'meter_events') }} e
    on e.meter_id = bt.meter_id
   and e.event_code = 'TAMPER'
