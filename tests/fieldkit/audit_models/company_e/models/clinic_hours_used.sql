{{ config(materialized='table') }}

select
    cl.clinic_id,
    cl.clinic_name,
    cl.city,
    a.appt_date,
    count(a.appointment_id) as appointments,
    sum(a.duration_min) / 60.0 as hours_used
from {{ source('emr', 'clinics') }} cl
inner join {{ source('emr', 'appointments') }} a
    on a.clinic_id = cl.clinic_id
   and a.appt_date >= '2024-06-01'
   and a.appt_date < '2024-07-01'
   and a.no_show = false
group by
    cl.clinic_id,
    cl.clinic_name,
    cl.city,
    a.appt_date
