with credited as (
    select
        t.title_id,
        t.release_year,
        t.budget_eur,
        c.role,
        p.person_id
    from {{ source('mdm', 'titles') }} t
    left join {{ source('mdm', 'title_credits') }} c on c.title_id = t.title_id
    left join {{ source('mdm', 'people') }} p on p.person_id = c.person_id
    where t.is_original
)

select
    release_year,
    role,
    count(distinct person_id) as people,
    sum(budget_eur) as budget_eur
from credited
group by release_year, role
