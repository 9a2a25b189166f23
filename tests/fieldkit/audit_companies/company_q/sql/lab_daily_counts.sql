with per_day as (
    select
        result_date,
        analyte_code,
        count(*) as results,
        count(*) filter (where abnormal) as abnormal_results
    from lab_results
    group by result_date, analyte_code
)

select
    result_date,
    analyte_code,
    results,
    abnormal_results,
    round(abnormal_results::numeric / results, 4) as abnormal_share
from per_day
where result_date >= date '2025-01-01'
  and result_date < date '2025-02-01'
