select
    p.premise_id,
    p.municipality,
    sum(c.contracted_kwh) as contracted_kwh,
    max(pc.phone) as a_phone
from {{ source('grid', 'premises') }} p
join {{ source('grid', 'contracts') }} c on c.premise_id = p.premise_id
left join {{ source('grid', 'premise_contacts') }} pc on pc.premise_id = p.premise_id
group by p.premise_id, p.municipality
