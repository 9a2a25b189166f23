select
    b.ward_id,
    count(*) as bed_days,
    sum(case when b.occupied then 1 else 0 end) as occupied_bed_days
from bed_census b
where to_char(b.census_date, 'YYYY-MM') = '2025-01'
group by b.ward_id
