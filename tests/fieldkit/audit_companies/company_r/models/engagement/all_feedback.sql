select *
from {{ ref('stg_feedback_store') }}
union all
select *
from {{ ref('stg_feedback_ingame') }}
