select
    app_version,
    os_name,
    count(*) as crashes,
    count(distinct device_id) as devices
from {{ source('bronze', 'app_crashes') }}
where crash_year in (2025)
  and crash_month = 5
  and not is_debug_build
group by app_version, os_name
