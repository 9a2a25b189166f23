select distinct
    c.person_id,
    p.full_name,
    p.birth_year
from {{ source('mdm', 'title_credits') }} c
join {{ source('mdm', 'people') }} p on p.person_id = c.person_id
where c.role = 'director'
