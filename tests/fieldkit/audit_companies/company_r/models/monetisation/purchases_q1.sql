select * except (receipt_blob, _ingested_at)
from {{ source('game', 'purchases') }}
where extract(year from purchase_date) = 2025
  and extract(quarter from purchase_date) = 1
  and store in ('apple', 'google')
