select
    r.title_id,
    r.territory,
    r.window_start,
    r.window_end,
    case
        when r.window_end < current_date() then 'expired'
        when r.window_start > current_date() then 'upcoming'
        else 'live'
    end as availability,
    current_timestamp() as dbt_loaded_at
from {{ source('mdm', 'title_rights') }} r
where r.window_start <= '{{ var("batch_date") }}'
