select
    pi.insurer_code,
    date_trunc('month', ch.service_date) as service_month,
    sum(ch.amount) as revenue
from charges ch
join patient_insurance pi
    on pi.patient_id = ch.patient_id
where ch.service_date between date '2025-01-01' and date '2025-06-30'
group by pi.insurer_code, date_trunc('month', ch.service_date)
order by 1, 2
