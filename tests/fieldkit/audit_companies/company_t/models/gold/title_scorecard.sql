with watched as (
    select
        title_id,
        count(distinct profile_id) as viewers,
        sum(seconds_watched) / 3600.0 as hours_watched
    from {{ source('bronze', 'playback_events') }}
    where event_type = 'heartbeat'
    group by title_id
),

titles as (
    select title_id, title_name, release_year, budget_eur
    from {{ source('mdm', 'titles') }}
    where is_original
),

genres as (
    select title_id, genre_code
    from {{ source('mdm', 'title_genres') }}
    where genre_code <> 'UNKNOWN'
),

combined as (
    select
        t.title_id,
        t.release_year,
        t.budget_eur,
        w.hours_watched,
        g.genre_code
    from titles t
    inner join watched w on w.title_id = t.title_id
    inner join genres g on g.title_id = t.title_id
)

select
    release_year,
    count(distinct title_id) as titles,
    count(distinct genre_code) as genres,
    sum(hours_watched) as hours_watched
from combined
group by release_year
