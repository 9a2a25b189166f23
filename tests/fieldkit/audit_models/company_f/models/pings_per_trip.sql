select
    t.trip_id,
    t.trip_date,
    t.bike_id,
    t.distance_m,
    coalesce(g.pings, 0) as pings,
    g.lowest_battery,
    coalesce(g.pings, 0) < 3 as is_badly_tracked
from {{ source('lake', 'trips') }} t
left join (
    select
        trip_id,
        count(*) as pings,
        min(battery) as lowest_battery
    from {{ source('lake', 'gps_pings') }}
    where ping_date in (date '2024-09-14', date '2024-09-15')
    group by trip_id
) g on g.trip_id = t.trip_id
where t.trip_date = date '2024-09-14'
  and t.distance_m > 100
