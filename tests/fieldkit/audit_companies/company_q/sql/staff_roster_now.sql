select
    r.staff_id,
    r.full_name,
    r.profession,
    ws.ward_id,
    ws.role_name
from (
    select staff_id, full_name, profession
    from staff
    where active
    order by full_name
) r
left join ward_staffing ws
    on ws.staff_id = r.staff_id
   and ws.assigned_from <= now()
   and ws.assigned_to > now()
