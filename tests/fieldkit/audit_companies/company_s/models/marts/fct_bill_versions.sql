select
    md5(b.bill_id || '|' || to_varchar(sysdate())) as bill_version_key,
    b.bill_id,
    b.contract_id,
    b.bill_date,
    b.amount_due,
    b.status
from {{ source('grid', 'bills') }} b
where b.bill_date >= '{{ var("from_date") }}'
