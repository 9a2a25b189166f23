select
    d.district,
    d.stations,
    x.trips,
    x.trips / d.stations as trips_per_station
from (
    select district, count(*) as stations
    from {{ ref('station_capacity') }}
    group by district
) d
join (
    select s.district, count(*) as trips
    from (
        select trip_id, start_station_id
        from {{ source('lake', 'trips') }}
        where trip_date between date '2024-09-01' and date '2024-09-30'
    ) t
    join {{ source('lake', 'stations') }} s
        on s.station_id = t.start_station_id
    group by s.district
) x
    on x.district = d.district
