with numbered as (
    select
        pr.prescription_id,
        pr.appointment_id,
        pr.drug_code,
        pr.prescribed_on,
        pr.packs,
        lag(pr.prescribed_on) over (
            partition by pr.patient_id, pr.drug_code
            order by pr.prescribed_on, pr.prescription_id
        ) as previous_on
    from emr.prescriptions pr
)

select
    n.prescription_id,
    n.appointment_id,
    n.drug_code,
    n.prescribed_on,
    n.packs,
    n.prescribed_on - n.previous_on as days_since_previous
from numbered n
where n.prescribed_on >= date '2024-06-01'
  and n.prescribed_on < date '2024-07-01'
  and n.previous_on is not null
