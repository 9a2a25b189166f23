with top_contracts as (
    select contract_id, sum(amount_due) as amount_due
    from {{ source('grid', 'bills') }}
    where bill_date >= '{{ var("from_date") }}'
    group by contract_id
    order by amount_due desc
    limit 500
),

steps as (
    select
        tariff_code,
        listagg(step_no, ',') within group (order by step_no) as step_list
    from {{ source('grid', 'tariff_steps') }}
    group by tariff_code
)

select
    tc.contract_id,
    tc.amount_due,
    c.tariff_code,
    s.step_list
from top_contracts tc
join {{ source('grid', 'contracts') }} c on c.contract_id = tc.contract_id
left join steps s on s.tariff_code = c.tariff_code
