with allergic as (
    select distinct patient_id
    from allergies
    where allergen_code in ('WARF', 'HEP')
)

select
    p.patient_id,
    p.family_name,
    p.given_name,
    a.patient_id is not null as has_anticoagulant_allergy
from patients p
left join allergic a on a.patient_id = p.patient_id
