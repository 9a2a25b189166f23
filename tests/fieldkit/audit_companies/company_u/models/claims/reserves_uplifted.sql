with factors as (
    select line_of_business, factor_year, factor
    from {{ source('core', 'reserve_factors') }}
    where factor_year >= 2020
)

select
    c.line_of_business,
    sum(c.reserve_amount) as reserve_amount,
    max(f.factor) as highest_factor
from {{ source('core', 'claims') }} c
cross join factors f
where c.reported_date >= date '{{ var("start_date") }}'
  and c.status = 'OPEN'
group by c.line_of_business
