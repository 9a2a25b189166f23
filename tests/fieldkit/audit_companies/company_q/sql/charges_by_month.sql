select
    ward_id,
    to_char(service_date, 'YYYY-MM') as service_month,
    extract(isodow from service_date) in (6, 7) as is_weekend,
    sum(amount) as charged_amount
from charges
where service_date >= date '2025-01-01'
  and service_date < date '2025-07-01'
group by 1, 2, 3
