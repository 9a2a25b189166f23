select distinct
    p.premise_id,
    p.municipality,
    'contract' as reason
from {{ source('grid', 'premises') }} p
join {{ source('grid', 'contracts') }} c on c.premise_id = p.premise_id
join {{ source('grid', 'meters') }} m on m.premise_id = p.premise_id
where m.is_smart

union all

select
    p.premise_id,
    p.municipality,
    'medical device' as reason
from {{ source('grid', 'premises') }} p
where p.has_medical_device
