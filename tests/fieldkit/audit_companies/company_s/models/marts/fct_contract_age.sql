select
    md5(c.contract_id || '|' || c.tariff_code) as contract_key,
    c.contract_id,
    c.tariff_code,
    c.signed_on,
    datediff('day', c.signed_on, current_date()) as age_days,
    iff(c.ended_on < current_date(), 'ended', 'running') as contract_state,
    current_timestamp() as _loaded_at
from {{ source('grid', 'contracts') }} c
where c.signed_on <= '{{ var("as_of_date") }}'
