with student_trips as (
    select distinct
        t.trip_id,
        t.trip_date,
        t.start_station_id,
        t.fare_eur
    from {{ source('lake', 'trips') }} t
    join {{ source('lake', 'rider_passes') }} p
        on p.rider_id = t.rider_id
    where t.trip_date >= date '2024-09-01'
      and t.trip_date < date '2024-10-01'
      and p.kind = 'student'
)

select
    st.trip_date,
    s.district,
    count(*) as trips,
    sum(st.fare_eur) as fare_eur
from student_trips st
join {{ source('lake', 'stations') }} s
    on s.station_id = st.start_station_id
group by st.trip_date, s.district
