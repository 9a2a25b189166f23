{{ config(materialized='table') }}

select
    a.appointment_id,
    a.appt_date,
    a.clinic_id,
    c.clinic_name,
    a.fee_eur,
    a.fee_eur / (
        select avg(x.fee_eur)
        from {{ source('emr', 'appointments') }} x
        where x.no_show = false
    ) as fee_vs_average
from {{ source('emr', 'appointments') }} a
join {{ source('emr', 'clinics') }} c
    on c.clinic_id = a.clinic_id
where a.appt_date >= date '2024-06-01'
  and a.appt_date < date '2024-07-01'
  and a.no_show = false
  and a.fee_eur > 0
