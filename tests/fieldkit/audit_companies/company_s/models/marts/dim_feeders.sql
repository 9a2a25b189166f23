with f as (
    select * from {{ source('grid', 'feeders') }}
),

up as (
    select * from {{ source('grid', 'feeder_feeders') }}
),

upstream as (
    select feeder_id, count(*) as upstream_feeders
    from up
    group by feeder_id
),

final as (
    select
        f.feeder_id,
        f.substation_name,
        f.voltage_kv,
        coalesce(upstream.upstream_feeders, 0) as upstream_feeders
    from f
    left join upstream on upstream.feeder_id = f.feeder_id
)

select final.* from final
