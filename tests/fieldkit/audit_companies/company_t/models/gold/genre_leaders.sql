with genre_titles as (
    select
        g.genre_code,
        t.title_id,
        t.title_name,
        t.imdb_score,
        row_number() over (partition by g.genre_code order by t.imdb_score desc) as genre_rank
    from {{ source('mdm', 'title_genres') }} g
    join {{ source('mdm', 'titles') }} t on t.title_id = g.title_id
),

leaders as (
    select genre_code, title_id, title_name, imdb_score
    from genre_titles
    where genre_rank <= 10
)

select *
from leaders
order by imdb_score desc
limit 200
