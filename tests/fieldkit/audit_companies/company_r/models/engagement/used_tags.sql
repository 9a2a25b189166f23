select distinct
    s.platform,
    tag
from {{ source('game', 'sessions') }} s
cross join unnest(s.tags) as tag
where s.session_date >= '{{ var("start_date") }}'
