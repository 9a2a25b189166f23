with notes as (
    select claim_id, note_id, note_date, note_text, author_id
    from {{ source('core', 'claim_notes') }}
    where note_date >= date '{{ var("start_date") }}'
),

numbered as (
    select
        claim_id,
        note_id,
        note_date,
        note_text,
        author_id,
        row_number() over (partition by claim_id order by note_id) as rn
    from notes
)

select claim_id, note_id, note_date, note_text, author_id
from numbered
where rn = 1
