with lines as (
    select p.purchase_id, p.purchase_date, l.item_id, l.quantity
    from {{ source('game', 'purchases') }} p
    cross join unnest(p.basket) as l
    where p.purchase_date >= '{{ var("start_date") }}'
)

select
    lines.purchase_date,
    i.item_class,
    sum(lines.quantity) as units,
    sum(lines.quantity * i.list_price_usd) as list_value_usd
from lines
join {{ source('game', 'items') }} i on i.item_id = lines.item_id
group by lines.purchase_date, i.item_class
