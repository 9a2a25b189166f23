select distinct
    c.contract_id,
    c.premise_id,
    c.tariff_code,
    c.signed_on
from {{ source('grid', 'contracts') }} c
inner join {{ source('grid', 'contract_history') }} h
    on h.contract_id = c.contract_id
where h.product_line = 'GREEN'
