with oncology as (
    select distinct
        e.encounter_id,
        e.ward_id,
        e.admit_date,
        e.length_of_stay
    from encounters e
    join diagnoses d on d.encounter_id = e.encounter_id
    where e.admit_date >= date '2025-01-01'
      and d.icd10 like 'C%'
)

select
    w.ward_name,
    count(*) as encounters,
    avg(o.length_of_stay) as avg_length_of_stay
from oncology o
join wards w on w.ward_id = o.ward_id
group by w.ward_name
