with stays as (
    select patient_id, encounter_id, admit_date, discharge_date
    from encounters
    where admit_date >= date '2024-12-01'
      and encounter_type = 'inpatient'
),

gaps as (
    select
        patient_id,
        encounter_id,
        admit_date,
        admit_date - lag(discharge_date) over (partition by patient_id order by admit_date) as days_since_discharge
    from stays
)

select patient_id, encounter_id, admit_date, days_since_discharge
from gaps
where days_since_discharge <= 30
