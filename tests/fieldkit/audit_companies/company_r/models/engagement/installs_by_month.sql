select
    format_date('%Y-%m', installed_on) as install_month,
    acquisition_channel,
    count(*) as installs
from {{ source('game', 'players') }}
where extract(year from installed_on) = 2025
  and format_date('%Y-%m', installed_on) <> '2025-12'
group by install_month, acquisition_channel
