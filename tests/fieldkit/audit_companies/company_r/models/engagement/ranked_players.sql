with stats as (
    select
        player_id,
        count(*) as matches,
        avg(placement) as avg_placement
    from {{ source('game', 'match_results') }}
    where match_date >= '{{ var("start_date") }}'
    group by player_id
),

ranked as (
    select
        stats.player_id,
        stats.matches,
        stats.avg_placement,
        dense_rank() over (order by stats.avg_placement) as placement_rank
    from stats
)

select *
from ranked
order by placement_rank
limit 1000
