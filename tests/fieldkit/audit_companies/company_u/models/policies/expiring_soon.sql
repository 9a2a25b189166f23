with terms as (
    select
        policy_id,
        product_code,
        holder_name,
        expires_on,
        date_diff('day', current_date, expires_on) as days_left
    from {{ source('core', 'policies') }}
    where status = 'IN_FORCE'
)

select policy_id, product_code, holder_name, expires_on, days_left
from terms
where days_left between 0 and 45
