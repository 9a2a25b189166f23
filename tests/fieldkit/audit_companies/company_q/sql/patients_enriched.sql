select
    p.*,
    pi.*
from patients p
left join patient_insurance pi
    on pi.patient_id = p.patient_id
   and pi.valid_from <= date '2025-06-30'
   and pi.valid_to > date '2025-06-30'
