select
    app_version,
    os_name,
    crash_year,
    crash_month,
    count(*) as crashes,
    count(distinct device_id) as devices
from {{ source('bronze', 'app_crashes') }}
where crash_year = {{ run_started_at.strftime('%Y') }}
  and crash_month >= 1
group by app_version, os_name, crash_year, crash_month
