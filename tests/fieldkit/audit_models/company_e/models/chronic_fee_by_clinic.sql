{{ config(materialized='table') }}

with appts as (
    select appointment_id, clinic_id, fee_eur, duration_min
    from {{ source('emr', 'appointments') }}
    where appt_date >= '2024-01-01'
      and appt_date < '2025-01-01'
      and not no_show
)

select
    cl.clinic_id,
    cl.clinic_name,
    sum(appts.fee_eur) as fee_eur,
    sum(appts.duration_min) / 60.0 as hours
from appts
join {{ source('emr', 'diagnoses') }} dg
    on dg.appointment_id = appts.appointment_id
join {{ source('emr', 'clinics') }} cl
    on cl.clinic_id = appts.clinic_id
where dg.icd_code like 'E11%'
   or dg.icd_code like 'I10%'
   or dg.icd_code like 'J44%'
group by
    cl.clinic_id,
    cl.clinic_name
