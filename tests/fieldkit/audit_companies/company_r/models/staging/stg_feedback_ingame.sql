select
    feedback_id,
    player_hash,
    stars as rating,
    message as feedback_text,
    submitted_at as given_at
from {{ source('game', 'ingame_feedback') }}
where not is_spam
