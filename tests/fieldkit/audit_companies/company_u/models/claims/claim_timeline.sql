select
    claim_id,
    count(*) as notes,
    listagg(note_type, ' > ') within group (order by note_id) as note_path,
    array_agg(author_id order by note_id) as authors
from {{ source('core', 'claim_notes') }}
where note_date >= date '{{ var("start_date") }}'
group by claim_id
