select
    p.patient_id,
    p.birth_date,
    extract(year from age(current_date, p.birth_date)) as age_years,
    case when p.birth_date > current_date - interval '18 years' then 'minor' else 'adult' end as age_group,
    now() as snapshot_at
from patients p
where p.deceased_on is null
  and p.birth_date >= date '1900-01-01'
