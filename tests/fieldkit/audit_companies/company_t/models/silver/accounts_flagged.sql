select
    *,
    datediff(closed_on, opened_on) as lifetime_days,
    email like '%@lumen.example' as is_staff
from {{ source('mdm', 'accounts') }}
where opened_on is not null
qualify row_number() over (partition by email order by opened_on desc) = 1
