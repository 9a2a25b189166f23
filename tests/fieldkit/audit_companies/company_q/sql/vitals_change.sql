select
    v.patient_id,
    v.taken_date,
    v.taken_at,
    v.heart_rate,
    v.heart_rate - v.previous_heart_rate as heart_rate_change
from (
    select
        patient_id,
        taken_date,
        taken_at,
        heart_rate,
        lag(heart_rate) over (partition by patient_id order by taken_at) as previous_heart_rate
    from vitals
) v
where v.taken_date >= date '2025-06-01'
  and v.taken_date < date '2025-07-01'
