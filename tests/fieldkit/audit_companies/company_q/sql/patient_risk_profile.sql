with severe_allergies as (
    select distinct patient_id
    from allergies
    where severity = 'severe'
),

recent_stays as (
    select
        patient_id,
        encounter_id,
        ward_id,
        admit_date,
        row_number() over (partition by patient_id order by admit_date desc) as stay_rank
    from encounters
    where admit_date >= date '2024-07-01'
      and admit_date < date '2025-07-01'
),

stay_summary as (
    select
        patient_id,
        count(*) as stays,
        max(admit_date) as last_admit_date,
        string_agg(ward_id::text, ' > ' order by admit_date) as ward_path
    from recent_stays
    where stay_rank <= 10
    group by patient_id
),

scored as (
    select
        p.patient_id,
        p.birth_date,
        coalesce(ss.stays, 0) as stays,
        ss.last_admit_date,
        ss.ward_path,
        sa.patient_id is not null as has_severe_allergy,
        case
            when ss.stays >= 4 then 'high'
            when ss.stays >= 2 or sa.patient_id is not null then 'medium'
            else 'low'
        end as risk_class
    from patients p
    left join stay_summary ss on ss.patient_id = p.patient_id
    left join severe_allergies sa on sa.patient_id = p.patient_id
    where p.deceased_on is null
)

select * from scored
