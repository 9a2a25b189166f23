select distinct
    t.title_id,
    t.title_name,
    t.release_year
from {{ source('mdm', 'titles') }} t, {{ source('mdm', 'title_rights') }} r
where t.title_id = r.title_id
  and r.territory in ('DE', 'AT', 'CH')
  and r.window_end >= '2025-06-30'
