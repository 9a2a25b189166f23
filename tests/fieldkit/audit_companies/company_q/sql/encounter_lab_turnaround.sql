with enc as (
    select encounter_id, ward_id, admit_date, admitted_at
    from encounters
    where admit_date >= date '2025-05-01'
      and admit_date < date '2025-06-01'
),

lab as (
    select encounter_id, result_id, resulted_at
    from lab_results
    where status = 'final'
)

select
    enc.encounter_id,
    enc.ward_id,
    enc.admitted_at,
    min(lab.resulted_at) as first_result_at
from enc
left join lab on lab.encounter_id = enc.encounter_id
group by enc.encounter_id, enc.ward_id, enc.admitted_at
