select
    w.result_id,
    w.result_date,
    w.patient_id,
    w.appointment_id,
    w.test_code,
    w.panel_size,
    case
        when w.panel_size = 1 then 'single'
        when w.panel_size <= 5 then 'small panel'
        else 'large panel'
    end as panel_class
from (
    select
        r.result_id,
        r.result_date,
        r.patient_id,
        r.appointment_id,
        r.test_code,
        count(*) over (partition by r.appointment_id) as panel_size
    from emr.lab_results r
    where r.appointment_id is not null
) w
where w.result_date between date '2024-06-01' and date '2024-06-30'
