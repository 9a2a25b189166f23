select
    title_id,
    trim(title_name) as title_name,
    cast(release_year as int) as release_year,
    is_original,
    coalesce(runtime_min, 0) as runtime_min
from {{ source('mdm', 'titles') }}
where title_id is not null
