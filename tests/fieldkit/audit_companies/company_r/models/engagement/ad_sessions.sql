with imps as (
    select session_id, count(*) as impressions
    from {{ source('game', 'ad_impressions') }}
    where imp_date >= '{{ var("start_date") }}'
    group by session_id
)

select
    s.session_id,
    s.player_id,
    s.duration_s,
    coalesce(imps.impressions, 0) as impressions
from {{ source('game', 'sessions') }} s
left join imps using (session_id)
where s.session_date >= '{{ var("start_date") }}'
