select
    quote_date,
    channel,
    count(*) as quotes,
    count_if(step_reached >= 3) as reached_price,
    count_if(converted) as converted_quotes,
    cast(count_if(converted) as double) / count(*) as conversion_rate
from {{ source('core', 'quotes') }}
where quote_date >= date '{{ var("start_date") }}'
group by quote_date, channel
