select
    e.encounter_id,
    e.ward_id,
    p.patient_id,
    p.birth_date,
    e.admit_date
from encounters e
join patients p on p.patient_id = e.patient_id
where e.admit_date >= date '2025-06-01'
  and e.discharge_at is null
  and age(p.birth_date) < interval '18 years'
