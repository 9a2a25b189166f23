{{ config(materialized='table') }}

select
    a.clinic_id,
    a.doctor_id,
    count(distinct a.appointment_id) as appointments,
    count(distinct r.appointment_id) as appointments_with_labs,
    count(r.result_id) as lab_results,
    max(r.value) as highest_value
from {{ source('emr', 'appointments') }} a
left join {{ source('emr', 'lab_results') }} r
    on r.appointment_id = a.appointment_id
   and r.patient_id = a.patient_id
where a.appt_date >= '2024-06-01'
  and a.appt_date < '2024-07-01'
  and a.no_show = false
group by
    a.clinic_id,
    a.doctor_id
having count(distinct a.appointment_id) >= 5
