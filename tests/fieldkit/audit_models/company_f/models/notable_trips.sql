select
    t.trip_id,
    t.trip_date,
    t.rider_id,
    t.fare_eur,
    t.distance_m,
    s.station_name as start_station,
    e.station_name as end_station,
    case
        when t.fare_eur > 50 then 'expensive'
        else 'recent'
    end as why_notable
from {{ source('lake', 'trips') }} t
left join {{ source('lake', 'stations') }} s on s.station_id = t.start_station_id
left join {{ source('lake', 'stations') }} e on e.station_id = t.end_station_id
where (
        t.trip_date >= date '2024-09-01'
        or t.fare_eur > 50
    )
    and t.distance_m > 0
