select
    customer_id,
    trim(customer_name) as customer_name,
    lower(segment) as segment,
    billing_country,
    account_manager_id,
    created_at
from {{ source('ref_data', 'customers') }}
where customer_id is not null
