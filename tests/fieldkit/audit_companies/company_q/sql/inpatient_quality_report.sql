with stays as (
    select
        encounter_id,
        patient_id,
        ward_id,
        admit_date,
        discharge_date,
        length_of_stay
    from encounters
    where admit_date >= date '2024-01-01'
      and encounter_type = 'inpatient'
      and discharge_date > current_date - 90
),

main_diagnosis as (
    select encounter_id, icd10
    from diagnoses
    where diagnosis_seq = 1
),

next_stay as (
    select
        encounter_id,
        lead(admit_date) over (partition by patient_id order by admit_date) as next_admit_date
    from stays
),

flagged as (
    select
        s.encounter_id,
        s.ward_id,
        s.length_of_stay,
        left(md.icd10, 1) as icd_chapter,
        n.next_admit_date - s.discharge_date <= 30 as is_readmitted
    from stays s
    left join main_diagnosis md on md.encounter_id = s.encounter_id
    left join next_stay n on n.encounter_id = s.encounter_id
)

select
    w.ward_name,
    f.icd_chapter,
    count(*) as stays,
    avg(f.length_of_stay) as avg_length_of_stay,
    avg(case when f.is_readmitted then 1 else 0 end) as readmission_rate
from flagged f
join wards w on w.ward_id = f.ward_id
group by w.ward_name, f.icd_chapter
order by w.ward_name, stays desc
