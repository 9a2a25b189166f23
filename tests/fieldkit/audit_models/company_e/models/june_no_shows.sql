SELECT
    d.doctor_id,
    d.doctor_name,
    cl.clinic_name,
    COUNT(*)                                   AS appointments,
    COUNT(*) FILTER (WHERE a.no_show)          AS no_shows,
    ROUND(
        100.0 * COUNT(*) FILTER (WHERE a.no_show) / COUNT(*),
        1
    )                                          AS no_show_pct
FROM emr.appointments a
INNER JOIN emr.doctors d
    ON d.doctor_id = a.doctor_id
INNER JOIN emr.clinics cl
    ON cl.clinic_id = a.clinic_id
WHERE a.appt_date::text LIKE '2024-06-%'
  AND a.duration_min > 0
GROUP BY
    d.doctor_id,
    d.doctor_name,
    cl.clinic_name
