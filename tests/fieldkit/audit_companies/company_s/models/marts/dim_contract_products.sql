with products as (
    select distinct product_line, tariff_code
    from {{ source('grid', 'contract_history') }}
)

select
    p.product_line,
    p.tariff_code,
    t.tariff_name
from products p
join {{ source('grid', 'tariffs') }} t on t.tariff_code = p.tariff_code
