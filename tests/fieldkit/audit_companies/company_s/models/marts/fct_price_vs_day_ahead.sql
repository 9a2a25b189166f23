select
    f.zone,
    f.target_hour,
    f.forecast_date,
    f.load_mw,
    f.first_load_mw,
    f.load_mw - f.first_load_mw as revision_mw
from (
    select
        zone,
        target_hour,
        issued_at,
        forecast_date,
        load_mw,
        first_value(load_mw) over (partition by zone, target_hour order by issued_at) as first_load_mw,
        max(issued_at) over (partition by zone, target_hour) as last_issued_at
    from {{ source('grid', 'load_forecasts') }}
) f
where f.issued_at = f.last_issued_at
  and f.forecast_date between '{{ var("from_date") }}' and '{{ var("as_of_date") }}'
