select
    s.platform,
    s.app_version,
    c.country_name,
    count(*) as sessions,
    avg(s.duration_s) as avg_duration_s
from {{ source('game', 'sessions') }} s
left join {{ source('game', 'country_names') }} c
    on c.country_code = s.country_code
where format_date('%Y%m', s.session_date) = '202506'
  and s.duration_s > 0
group by s.platform, s.app_version, c.country_name
