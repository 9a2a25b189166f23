with g as (
    select title_id, count(*) as genres, collect_set(genre_code) as genre_codes
    from {{ source('mdm', 'title_genres') }}
    group by title_id
)

select
    t.title_id,
    t.title_name,
    coalesce(g.genres, 0) as genres,
    g.genre_codes
from {{ source('mdm', 'titles') }} t
left join g on g.title_id = t.title_id
