select
    review_id as feedback_id,
    author_hash as player_hash,
    rating,
    body as feedback_text,
    safe_cast(reviewed_at as timestamp) as given_at
from {{ source('game', 'store_reviews') }}
where body is not null
