select
    vehicle_id,
    year,
    month,
    sum(fuel_litres) as fuel_litres,
    sum(distance_km) as distance_km,
    sum(fuel_litres) / nullif(sum(distance_km), 0) * 100 as litres_per_100km
from {{ source('lake', 'vehicle_telemetry') }}
where year = 2025
  and ignition_on
group by vehicle_id, year, month
