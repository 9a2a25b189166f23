with m as (
    select
        premise_id,
        count(*) as meters,
        sum(iff(is_smart, 1, 0)) as smart_meters
    from {{ source('grid', 'meters') }}
    group by premise_id
)

select
    p.premise_id,
    p.municipality,
    p.postcode,
    coalesce(m.meters, 0) as meters,
    coalesce(m.smart_meters, 0) as smart_meters
from {{ source('grid', 'premises') }} p
left join m on m.premise_id = p.premise_id
