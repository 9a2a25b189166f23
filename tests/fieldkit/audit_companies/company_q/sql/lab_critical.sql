select
    r.patient_id,
    r.analyte_code,
    count(*) as critical_results,
    max(r.result_value) as worst_value
from lab_results r
where r.result_date >= date '2025-06-01'
  and r.flag = 'CRIT'
  and exists (
      select *
      from lab_panels lp
      where lp.analyte_code = r.analyte_code
        and lp.panel_code = 'ICU'
  )
group by r.patient_id, r.analyte_code
