SELECT
    pr.drug_code,
    dr.drug_name,
    dr.drug_class,
    COUNT(*)                              AS prescriptions,
    SUM(pr.packs)                         AS packs,
    SUM(pr.packs * pr.pack_price_eur)     AS cost_eur
FROM emr.prescriptions pr
JOIN emr.drugs dr
  ON dr.drug_code = pr.drug_code
WHERE pr.packs > 0
GROUP BY
    pr.drug_code,
    dr.drug_name,
    dr.drug_class
HAVING COUNT(*) > 10
ORDER BY
    CASE dr.drug_class
        WHEN 'opioid' THEN 1
        WHEN 'antibiotic' THEN 2
        ELSE 3
    END,
    cost_eur DESC
