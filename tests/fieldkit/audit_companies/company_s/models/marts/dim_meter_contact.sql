select
    m.meter_id,
    m.premise_id,
    pc.phone,
    pc.email
from {{ source('grid', 'meters') }} m
left join {{ source('grid', 'premise_contacts') }} pc
    on pc.premise_id = m.premise_id
   and pc.contact_type = 'MAIN'
