select
    sha2(concat_ws('|', account_id, profile_id, created_at), 256) as profile_sk,
    profile_id,
    account_id,
    now_watching,
    today_pick
from {{ source('mdm', 'profiles') }}
where today_pick is not null
  and now_watching <> 'now()'
