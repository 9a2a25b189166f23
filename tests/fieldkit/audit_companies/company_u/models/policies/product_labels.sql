select distinct
    p.product_code,
    p.line_of_business,
    t.product_label
from {{ source('core', 'policies') }} p
join {{ source('core', 'product_texts') }} t
    on t.product_code = p.product_code
   and t.lang = 'en'
