with marked as (
    select
        claim_id,
        note_id,
        note_date,
        note_text,
        max(note_id) over (partition by claim_id) as last_note_id,
        count(*) over (partition by claim_id) as notes_on_claim
    from {{ source('core', 'claim_notes') }}
    where note_type <> 'SYSTEM'
),

last_notes as (
    select claim_id, note_id, note_date, note_text, notes_on_claim
    from marked
    where note_id = last_note_id
      and note_date >= date '{{ var("start_date") }}'
      and note_date < date '{{ var("end_date") }}'
)

select
    claim_id,
    note_date,
    length(note_text) as note_length,
    notes_on_claim
from last_notes
