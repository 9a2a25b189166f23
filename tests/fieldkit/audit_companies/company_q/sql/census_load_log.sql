select
    b.census_date,
    b.ward_id,
    count(*) as beds,
    sum(b.occupied_hours) as occupied_hours,
    current_date - b.census_date as days_ago,
    clock_timestamp() as loaded_at
from bed_census b
where b.census_date in (date '2025-06-01', date '2025-06-15', date '2025-06-30')
group by b.census_date, b.ward_id
