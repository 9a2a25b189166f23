with terms as (
    select
        lower(trim(query_text)) as term,
        profile_id,
        clicked_title_id
    from {{ source('bronze', 'search_log') }}
    where language_code = 'en'
    -- and log_date >= '{{ var("start_date") }}'   put back after the backfill
)

select
    term,
    count(*) as searches,
    count(distinct profile_id) as searchers,
    avg(case when clicked_title_id is not null then 1.0 else 0.0 end) as click_rate
from terms
group by term
having count(*) >= 10
