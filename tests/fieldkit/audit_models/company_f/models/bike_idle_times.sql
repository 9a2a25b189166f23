with chained as (
    select
        bike_id,
        trip_id,
        trip_date,
        end_station_id,
        ended_at,
        lead(started_at) over w as next_started_at,
        lead(start_station_id) over w as next_start_station_id
    from {{ source('lake', 'trips') }}
    window w as (partition by bike_id order by started_at)
),

idle as (
    select
        bike_id,
        trip_id,
        trip_date,
        end_station_id,
        date_diff('minute', ended_at, next_started_at) as idle_minutes,
        end_station_id <> next_start_station_id as was_moved_by_van
    from chained
    where trip_date between date '2024-09-01' and date '2024-09-07'
      and next_started_at is not null
),

named as (
    select
        i.trip_date,
        i.bike_id,
        b.model,
        s.station_name,
        s.district,
        i.idle_minutes,
        i.was_moved_by_van
    from idle i
    left join {{ source('lake', 'bikes') }} b
        on b.bike_id = i.bike_id
    left join {{ source('lake', 'stations') }} s
        on s.station_id = i.end_station_id
)

select
    trip_date,
    district,
    station_name,
    model,
    count(*) as stops,
    count(*) filter (where was_moved_by_van) as van_moves,
    avg(idle_minutes) as avg_idle_minutes,
    max(idle_minutes) as longest_idle_minutes
from named
group by all
