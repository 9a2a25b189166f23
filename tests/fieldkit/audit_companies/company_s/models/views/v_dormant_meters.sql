select
    c.premise_id,
    count(*) as contracts,
    max(c.ended_on) as last_ended_on
from {{ source('grid', 'contracts') }} c
group by c.premise_id
having max(c.ended_on) < dateadd('month', -6, getdate())
order by last_ended_on
