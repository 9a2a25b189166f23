with staffing as (
    select ward_id, count(*) as staff_members
    from ward_staffing
    group by ward_id
)

select
    b.ward_id,
    b.census_date,
    sum(b.occupied_hours) as occupied_hours,
    max(s.staff_members) as staff_members
from bed_census b
join staffing s on s.ward_id = b.ward_id
where b.census_date between date '2025-06-01' and date '2025-06-30'
group by b.ward_id, b.census_date
