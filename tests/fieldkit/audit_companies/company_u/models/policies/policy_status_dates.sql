with listed as (
    select
        policy_id,
        product_code,
        started_on,
        date_diff('day', started_on, current_date) as days_since_start,
        rank() over (partition by product_code order by started_on) as start_rank,
        current_timestamp as loaded_at
    from {{ source('core', 'policies') }}
    where started_on >= date '2015-01-01'
)

select listed.*
from listed
where listed.start_rank <= 1000
