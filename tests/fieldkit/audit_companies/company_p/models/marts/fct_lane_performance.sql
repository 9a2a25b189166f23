with shipments as (
    select shipment_id, origin_depot_id, destination_depot_id, booked_date, promised_date, freight_charge
    from {{ source('lake', 'shipments') }}
    where booked_date >= '{{ var("start_date") }}'
      and booked_date <= '{{ var("run_date") }}'
),

line_totals as (
    select
        shipment_id,
        count(*) as lines,
        sum(weight_kg) as weight_kg
    from {{ source('lake', 'shipment_items') }}
    where booked_date >= '{{ var("start_date") }}'
      and booked_date <= '{{ var("run_date") }}'
    group by shipment_id
),

delivery_scan as (
    select shipment_id, max(scanned_at) as delivered_at
    from {{ source('lake', 'scan_events') }}
    where scan_date >= '{{ var("start_date") }}'
      and scan_type = 'DELIVERED'
    group by shipment_id
),

enriched as (
    select
        s.shipment_id,
        o.country_code as origin_country,
        d.country_code as destination_country,
        s.freight_charge,
        coalesce(l.lines, 0) as lines,
        coalesce(l.weight_kg, 0) as weight_kg,
        ds.delivered_at is not null as is_delivered,
        cast(ds.delivered_at as date) > s.promised_date as is_late
    from shipments s
    join {{ source('ref_data', 'depots') }} o on o.depot_id = s.origin_depot_id
    join {{ source('ref_data', 'depots') }} d on d.depot_id = s.destination_depot_id
    left join line_totals l on l.shipment_id = s.shipment_id
    left join delivery_scan ds on ds.shipment_id = s.shipment_id
)

select
    origin_country,
    destination_country,
    count(*) as shipments,
    sum(lines) as lines,
    sum(weight_kg) as weight_kg,
    sum(freight_charge) as freight_charge,
    avg(case when is_delivered and not is_late then 1.0 else 0.0 end) as on_time_share
from enriched
group by origin_country, destination_country
