{{ config(unique_key=['player_id', 'snapshot_at']) }}

select
    r.player_id,
    current_timestamp() as snapshot_at,
    count(*) as ranked_matches,
    max(r.rating_after) as best_rating
from {{ source('game', 'match_results') }} r
where r.mode = 'ranked'
{% if is_incremental() %}
  and r.match_date >= '{{ var("start_date") }}'
{% endif %}
group by r.player_id
