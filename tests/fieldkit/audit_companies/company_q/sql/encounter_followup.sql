select
    e.encounter_id,
    e.patient_id,
    e.admit_date,
    e.discharge_at,
    p.birth_date,
    p.postcode
from encounters e
left join patients p
    on p.patient_id = e.patient_id
   and e.admit_date >= date '2025-01-01'
where e.encounter_type = 'inpatient'
