{{ config(materialized='table') }}

select
    coalesce(m.icd_code, 'none') as main_icd_code,
    count(*) as appointments,
    sum(a.fee_eur) as fee_eur,
    sum(a.duration_min) as minutes
from {{ source('emr', 'appointments') }} a
left join lateral (
    select dg.icd_code
    from {{ source('emr', 'diagnoses') }} dg
    where dg.appointment_id = a.appointment_id
    order by
        dg.is_primary desc,
        dg.icd_code
    limit 1
) m on true
where a.appt_date >= '2024-06-01'
  and a.appt_date < '2024-07-01'
group by
    coalesce(m.icd_code, 'none')
