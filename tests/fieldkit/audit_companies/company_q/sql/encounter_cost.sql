with ch as (
    select encounter_id, sum(amount) as charged_amount
    from charges
    where service_date >= date '2025-01-01'
    group by encounter_id
),

lab as (
    select encounter_id, count(*) as lab_results
    from lab_results
    where result_date >= date '2025-01-01'
    group by encounter_id
)

select
    e.ward_id,
    sum(e.length_of_stay) as bed_days,
    sum(ch.charged_amount) as charged_amount,
    sum(lab.lab_results) as lab_results
from encounters e
left join ch on ch.encounter_id = e.encounter_id
left join lab on lab.encounter_id = e.encounter_id
where e.admit_date >= date '2025-01-01'
group by e.ward_id
