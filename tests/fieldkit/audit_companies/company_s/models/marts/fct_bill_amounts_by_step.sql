with b as (
    select bill_id, contract_id, tariff_code, billed_kwh, amount_due
    from {{ source('grid', 'bills') }}
    where bill_date >= '{{ var("from_date") }}'
)

select
    b.tariff_code,
    t.tariff_name,
    sum(b.billed_kwh) as billed_kwh,
    sum(b.amount_due) as amount_due,
    max(ts.step_no) as highest_step
from b
join {{ source('grid', 'tariffs') }} t on t.tariff_code = b.tariff_code
join {{ source('grid', 'tariff_steps') }} ts
    on ts.tariff_code = b.tariff_code
   and b.billed_kwh >= ts.kwh_from
group by b.tariff_code, t.tariff_name
