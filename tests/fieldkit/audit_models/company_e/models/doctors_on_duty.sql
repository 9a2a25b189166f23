{{ config(materialized='table') }}

-- doctors who saw at least one patient in the second quarter
SELECT DISTINCT
    d.doctor_id,
    d.doctor_name,
    d.speciality,
    d.clinic_id
FROM {{ source('emr', 'doctors') }} d,
     {{ source('emr', 'appointments') }} a
WHERE a.doctor_id = d.doctor_id
  AND a.appt_date >= DATE '2024-04-01'
  AND a.appt_date <= DATE '2024-06-30'
  AND a.no_show IS FALSE
  AND a.duration_min >= 10
  AND d.speciality IN (
      'cardiology',
      'internal medicine',
      'general practice'
  )
