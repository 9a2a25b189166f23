select
    p.patient_id,
    p.postcode,
    pi.insurer_code,
    pi.plan_code
from patients p
join patient_insurance pi
    on pi.patient_id = p.patient_id
   and pi.valid_from <= date '2025-06-30'
   and pi.valid_to > date '2025-06-30'
where p.deceased_on is null
