select
    r.analyte_code,
    count(*) as results_2025,
    count(*)::numeric / (select count(*) from lab_results where status = 'final') as share_of_all
from lab_results r
where r.result_date >= date '2025-01-01'
  and r.result_date < date '2026-01-01'
  and r.status = 'final'
group by r.analyte_code
