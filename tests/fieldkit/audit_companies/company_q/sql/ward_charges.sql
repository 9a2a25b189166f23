with c as (
    select charge_id, ward_id, amount
    from charges
    where service_date >= date '2025-01-01'
)

select
    w.ward_id,
    w.ward_name,
    count(distinct ws.staff_id) as staff_members,
    sum(c.amount) as charged_amount
from c
join wards w on w.ward_id = c.ward_id
left join ward_staffing ws on ws.ward_id = w.ward_id
group by w.ward_id, w.ward_name
