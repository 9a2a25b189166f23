with worst as (
    select
        patient_id,
        max(severity_level) as worst_level
    from allergies
    group by patient_id
)

select distinct
    p.postcode,
    worst.worst_level
from patients p
join worst on worst.patient_id = p.patient_id
where p.deceased_on is null
