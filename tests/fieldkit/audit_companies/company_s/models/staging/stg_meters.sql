with src as (
    select * from {{ source('grid', 'meters') }}
),

typed as (
    select
        m.*,
        upper(m.manufacturer) as manufacturer_code,
        m.removed_on is null as is_installed
    from src m
),

final as (
    select * from typed where meter_id is not null
)

select * from final
