{{ config(materialized='table') }}

with appts as (
    select
        appointment_id,
        appt_date,
        patient_id,
        clinic_id,
        doctor_id,
        fee_eur
    from {{ source('emr', 'appointments') }}
    where appt_date between '2024-01-01' and '2024-03-31'
      and no_show = false
),

drug_cost as (
    select
        pr.appointment_id,
        sum(pr.packs * pr.pack_price_eur) as drug_eur
    from {{ source('emr', 'prescriptions') }} pr
    group by pr.appointment_id
),

insured as (
    select
        a.appointment_id,
        a.appt_date,
        a.clinic_id,
        a.doctor_id,
        a.fee_eur,
        h.insurer_id
    from appts a
    left join {{ source('emr', 'insurance_history') }} h
        on h.patient_id = a.patient_id
       and a.appt_date >= h.valid_from
       and a.appt_date < h.valid_to
)

select
    coalesce(i.insurer_name, 'self-payer') as insurer_name,
    cl.city,
    d.speciality,
    count(*) as appointments,
    sum(ins.fee_eur) as fee_eur,
    sum(coalesce(dc.drug_eur, 0)) as drug_eur,
    sum(ins.fee_eur) + sum(coalesce(dc.drug_eur, 0)) as total_eur
from insured ins
left join {{ source('emr', 'insurers') }} i
    on i.insurer_id = ins.insurer_id
left join {{ source('emr', 'clinics') }} cl
    on cl.clinic_id = ins.clinic_id
left join {{ source('emr', 'doctors') }} d
    on d.doctor_id = ins.doctor_id
left join drug_cost dc
    on dc.appointment_id = ins.appointment_id
group by
    coalesce(i.insurer_name, 'self-payer'),
    cl.city,
    d.speciality
