with ranked as (
    select
        bed_id,
        ward_id,
        census_date,
        occupied_hours,
        rank() over (partition by census_date, ward_id order by occupied_hours desc) as ward_rank
    from bed_census
)

select bed_id, ward_id, census_date, occupied_hours, ward_rank
from ranked
where census_date >= date '2025-06-01'
  and ward_rank <= 3
