with s as (
    select search_id, profile_id, log_date, searched_at, clicked_at
    from {{ source('bronze', 'search_log') }}
    where log_date >= '{{ var("start_date") }}'
      and to_date(clicked_at) >= '2025-01-01'
),

gaps as (
    select
        search_id,
        profile_id,
        log_date,
        searched_at,
        case
            when unix_timestamp(searched_at) - unix_timestamp(
                lag(searched_at) over (partition by profile_id order by searched_at)
            ) < 1800 then 0
            else 1
        end as starts_session
    from s
)

select
    search_id,
    profile_id,
    log_date,
    sum(starts_session) over (
        partition by profile_id order by searched_at
        rows between unbounded preceding and current row
    ) as session_no
from gaps
