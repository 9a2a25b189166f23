{{ config(materialized='table') }}

select
    date_trunc('month', a.appt_date)::date as appt_month,
    d.speciality,
    count(*) as appointments,
    count(distinct a.patient_id) as patients,
    count(distinct a.clinic_id) as clinics,
    sum(a.fee_eur) as fee_eur,
    max(a.fee_eur) as highest_fee_eur,
    avg(a.duration_min) as avg_duration_min
from {{ source('emr', 'appointments') }} a
left join {{ source('emr', 'doctors') }} d
    on d.doctor_id = a.doctor_id
where a.appt_date >= date_trunc('quarter', date '2024-06-30')::date
  and a.appt_date < (date_trunc('quarter', date '2024-06-30') + interval '3 months')::date
  and a.no_show = false
group by
    date_trunc('month', a.appt_date)::date,
    d.speciality
