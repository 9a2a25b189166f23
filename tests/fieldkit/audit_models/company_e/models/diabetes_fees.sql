SELECT
    a.clinic_id,
    a.appt_date,
    COUNT(*)        AS appointments,
    SUM(a.fee_eur)  AS fee_eur
FROM {{ source('emr', 'appointments') }} a
WHERE a.appt_date >= DATE '2024-01-01'
  AND a.appt_date <  DATE '2024-07-01'
  AND EXISTS (
        SELECT 1
        FROM {{ source('emr', 'diagnoses') }} dg
        WHERE dg.appointment_id = a.appointment_id
          AND dg.icd_code LIKE 'E11%'
  )
  AND a.appointment_id IN (
        SELECT pr.appointment_id
        FROM {{ ref('latest_prescription') }} pr
        WHERE pr.packs > 0
  )
GROUP BY
    a.clinic_id,
    a.appt_date
