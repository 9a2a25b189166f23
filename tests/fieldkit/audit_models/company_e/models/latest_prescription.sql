{{ config(materialized='table') }}

select distinct on (pr.patient_id, pr.drug_code)
    pr.patient_id,
    pr.drug_code,
    pr.prescription_id,
    pr.appointment_id,
    pr.prescribed_on,
    pr.packs,
    dr.drug_name,
    dr.drug_class
from {{ source('emr', 'prescriptions') }} pr
join {{ source('emr', 'drugs') }} dr
    on dr.drug_code = pr.drug_code
where pr.packs > 0
  and dr.drug_class <> 'test'
order by
    pr.patient_id,
    pr.drug_code,
    pr.prescribed_on desc,
    pr.prescription_id desc
