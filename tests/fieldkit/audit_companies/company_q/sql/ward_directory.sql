select
    w.ward_id,
    w.ward_name,
    s.full_name,
    s.profession,
    ws.role_name
from wards w
join ward_staffing ws on ws.ward_id = w.ward_id
join staff s on s.staff_id = ws.staff_id
where s.active
