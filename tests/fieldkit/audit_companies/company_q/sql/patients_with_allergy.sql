with severe as (
    select patient_id, allergen_code
    from allergies
    where severity = 'severe'
)

select distinct
    p.patient_id,
    p.family_name,
    p.given_name,
    p.birth_date
from patients p
inner join severe s using (patient_id)
