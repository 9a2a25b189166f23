{{ config(materialized='table') }}

with first_tags as (

    select
        customer_id,
        min(tag) as first_tag,
        count(*) as tag_count
    from {{ source('shop', 'customer_tags') }}
    group by customer_id

)

select
    c.* except (email),
    to_hex(sha256(lower(c.email))) as email_hash,
    t.first_tag,
    coalesce(t.tag_count, 0) as tag_count
from {{ source('shop', 'customers') }} as c
left join first_tags as t
    on t.customer_id = c.customer_id
where c.email is not null
  and c.email not like '%@brightcart.example'
