select
    d.encounter_id,
    string_agg(d.icd10, ', ' order by d.diagnosis_seq) as icd10_list,
    (array_agg(d.icd10 order by d.diagnosis_seq))[1] as main_icd10,
    percentile_cont(0.5) within group (order by d.severity) as median_severity
from diagnoses d
group by d.encounter_id
