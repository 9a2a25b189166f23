"""The first kinds of the labelled set: harmful ones of each rule, and what looks like them."""

from __future__ import annotations

from tests.fieldkit.audit_set import Kind

_STRUCTS = ("duckdb", "bigquery", "snowflake")
_NIGHTLY = "{{ config(materialized='incremental', unique_key='$id') }}\n"
HARMFUL = (
    # full-scan
    Kind("filter on a type", "full-scan", """
select $id, $who, $amt,
    $day
from $EV
where $kind = 'standard'
"""),
    Kind("daily totals of all days", "full-scan", """
{{ config(materialized='table') }}
with source_rows as (
    select * from $EV
)
select $day, count(*) as n, sum($amt) as total
from source_rows
group by $day
"""),
    Kind("filter on the moment", "full-scan", """
with src as (select * from $EV),
recent as (
    select $id, $who, $amt from src where $at >= $FIRST
)
select $who, sum($amt) as total from recent group by $who
"""),
    Kind("totals by a dimension", "full-scan", """
select c.$land, sum(e.$amt) as total
from $EV as e
inner join $DIM as c on c.$who = e.$who
group by c.$land
"""),
    Kind("is not null", "full-scan", """
select $id, $kind from $EV where $day is not null and $amt > 0
"""),
    Kind("second branch without a filter", "full-scan", """
select $id, $amt from $EV where $IN_DAYS
union all
select $id, 0 as $amt from $EV where $kind = 'other'
"""),
    # incremental-unfiltered
    Kind("incremental in name only", "incremental-unfiltered", """
{{ config(
    materialized='incremental',
    unique_key=['$day', '$who']
) }}
select $day, $who,
    sum($amt) as total
from $EV
group by $day, $who
"""),
    Kind("newest by the moment", "incremental-unfiltered", _NIGHTLY + """
select $id, $who, $at, $amt
from $EV
{% if is_incremental() %}
where $at > (select max($at) from {{ this }})
{% endif %}
"""),
    Kind("a filter that filters nothing", "incremental-unfiltered", _NIGHTLY + """
select $id, $who, $amt from $EV
where 1 = 1
{%- if is_incremental() %} and $amt >= 0 {%- endif %}
"""),
    Kind("second source without a filter", "incremental-unfiltered", """
{{ config(materialized='incremental', unique_key='row_id') }}
select $id as row_id, $who, $amt as amount from $EV
{% if is_incremental() %} where $day >= $OWN_LAST {% endif %}
union all
select $id2 as row_id, $who, $amt2 as amount from $EV2
"""),
    # unbounded-window
    Kind("newest row, then a day", "unbounded-window", """
with ranked as (
    select *, row_number() over (partition by $who order by $at desc) as rn
    from $EV
)
select $id, $who, $amt
from ranked
where rn = 1 and $IN_DAYS
"""),
    Kind("previous amount, then a day", "unbounded-window", """
select $id, $amt - previous as change
from (
    select $id, $day, $amt, lag($amt) over (partition by $who order by $at) as previous
    from $EV
) as steps
where $IN_DAYS
"""),
    Kind("qualify, then a day", "unbounded-window", """
with newest as (
    select $id, $who, $day from $EV
    qualify row_number() over (partition by $ses order by $at desc) = 1
)
select $id, $who from newest where $IN_DAYS
""", _STRUCTS),
    Kind("running total, then a day", "unbounded-window", """
with running as (
    select $id, $who, $day,
        sum($amt) over (partition by $who order by $at rows unbounded preceding) as so_far
    from $EV
)
select $id, $who, so_far from running where $IN_DAYS
"""),
    # partition-function
    Kind("month of the day", "partition-function", """
select $id, $amt from $EV where $MONTH_DAY = $MONTH_FIRST
"""),
    Kind("day as text", "partition-function", """
with src as (select * from $EV)
select $id, $amt from src where cast($day as $TEXT) like '2026-03-%'
"""),
    Kind("year of the day", "partition-function", """
select $who, sum($amt) as total from $EV
where extract(year from $day) = 2026
group by $who
"""),
    Kind("coalesced day", "partition-function", """
select $id, $amt from $EV where coalesce($day, $FIRST) >= $FIRST
"""),
    # fan-out
    Kind("total over a history", "fan-out", """
with facts as (select * from $EV where $IN_DAYS),
history as (select * from $HIST)
select facts.$who,
    sum(facts.$amt) as total
from facts
left join history on history.$who = facts.$who
group by facts.$who
"""),
    Kind("added up two steps later", "fan-out", """
with joined as (
    select e.$day, e.$amt, t.$tag
    from $EV e left join $BR t on e.$ses = t.$ses
    where $IN_DAYS_E
),
slim as (select $day, $amt from joined)
select $day, sum($amt) as total from slim group by $day
"""),
    Kind("rows counted after the join", "fan-out", """
select e.$day, count(*) as n
from $EV as e
inner join $BR as t using ($ses)
where $IN_DAYS_E
group by e.$day
"""),
    # distinct-hides-fan-out
    Kind("distinct over several rows a session", "distinct-hides-fan-out", """
select distinct e.$id, e.$who, e.$amt
from $EV e
join $BR t on t.$ses = e.$ses
where $IN_DAYS_E
"""),
    Kind("distinct in a step", "distinct-hides-fan-out", """
with once as (
    select distinct e.$id, e.$who, e.$amt
    from $EV e left join $BR t on t.$ses = e.$ses
    where $IN_DAYS_E
)
select $who, sum($amt) as total from once group by $who
"""),
    Kind("distinct over a history", "distinct-hides-fan-out", """
with facts as (select * from $EV where $IN_DAYS)
select distinct facts.$id, facts.$day, facts.$amt
from facts inner join $HIST as h on facts.$who = h.$who
"""),
    Kind("distinct people over labels", "distinct-hides-fan-out", """
select distinct e.$id, e.$kind, c.$land
from $EV e
join $DIM c on c.$who = e.$who
join $BR t on t.$ses = e.$ses
where $IN_DAYS_E and t.$tag <> 'none'
"""),
    # one-sided-filter
    Kind("joined without its days", "one-sided-filter", """
select e.$id, e.$amt, r.$amt2
from $EV e
left join $EV2 r on r.$id = e.$id
where $IN_DAYS_E
"""),
    Kind("one step with days, one without", "one-sided-filter", """
with mine as (select * from $EV where $IN_DAYS),
theirs as (select * from $EV2)
select mine.$id, mine.$who, theirs.$id2
from mine join theirs on mine.$id = theirs.$id
"""),
    Kind("days of the second only", "one-sided-filter", """
select e.$id, e.$amt, r.$id2, r.$amt2
from $EV e
inner join $EV2 r on r.$id = e.$id
where $IN_DAYS_R
"""),
    Kind("days in the subquery only", "one-sided-filter", """
select r.$id2, r.$amt2, recent.$amt
from $EV2 as r
inner join (
    select $id, $amt from $EV where $IN_DAYS
) as recent on recent.$id = r.$id
"""),
    # non-deterministic
    Kind("last three days", "non-deterministic", """
select $id, $amt from $EV where $day >= $AGO_TODAY
"""),
    Kind("join on what is valid now", "non-deterministic", """
select e.$id, h.$plan
from $EV e
join $HIST h on h.$who = e.$who and h.valid_from <= $NOW and h.valid_to > $NOW
where $IN_DAYS_E
"""),
    Kind("a key by chance", "non-deterministic", """
{{ config(materialized='table', unique_key='row_key') }}
select $UUID as row_key, $id, $amt from $EV where $IN_DAYS
"""),
    Kind("a sample", "non-deterministic", """
select $id, $amt from $EV where $IN_DAYS and $RANDOM < 0.1
"""),
    # output-star
    Kind("star of a source", "output-star", "select * from $EV where $IN_DAYS"),
    Kind("star through three steps", "output-star", """
with src as (select * from $EV where $IN_DAYS),
filtered as (select * from src where $amt > 0),
final as (select * from filtered)
select * from final
"""),
    Kind("star of one side", "output-star", """
select e.*, c.$land
from $EV e left join $DIM c on c.$who = e.$who
where $IN_DAYS_E
"""),
    Kind("star but one", "output-star", """
select * $LEAVE_OUT
from $EV
where $IN_DAYS
""", _STRUCTS),
    # order-by
    Kind("sorted by day", "order-by", """
select $day, $id, $amt from $EV where $IN_DAYS order by $day, $id
""", wrapped=False),
    Kind("sorted at the end", "order-by", """
with totals as (
    select $who, sum($amt) as total from $EV where $IN_DAYS group by $who
)
select * from totals order by total desc
""", wrapped=False),
    Kind("sorted window and rows", "order-by", """
select $id, row_number() over (partition by $who order by $at) as n
from $EV where $IN_DAYS
order by 2
""", wrapped=False),
    Kind("sorted union", "order-by", """
select $id as row_id, $day from $EV where $IN_DAYS
union all
select $id2 as row_id, $day from $EV2 where $IN_DAYS
order by $day
""", wrapped=False),
)  # fmt: skip
ALIKE = (
    # Was labelled fan-out at first: but in a group of one label no row stands twice.
    Kind("total by label and person", None, """
select t.$tag, e.$who, sum(e.$amt) as total
from $EV e
join $BR t on t.$ses = e.$ses
where $IN_DAYS_E
group by t.$tag, e.$who
"""),
    Kind("import with a star, columns listed later", None, """
with src as (select * from $EV where $IN_DAYS),
renamed as (select $id as row_id, $who, $amt as amount from src)
select * from renamed
"""),
    Kind("loaded at", None, """
select $id, $amt, $NOW as loaded_at from $EV where $IN_DAYS
"""),
    Kind("cross join with one row", None, """
with rates as (select 0.19 as vat, 1.08 as usd)
select e.$id, e.$amt * rates.usd as amount_usd
from $EV e
cross join rates
where $IN_DAYS_E
"""),
    Kind("cross join with its own list", None, """
select e.$id, e.$day from $EV e $UNNEST where $IN_DAYS_E
"""),
    Kind("microbatch", None, """
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='$day',
          batch_size='day', begin='2026-01-05', lookback=3) }}
select $id, $day, $amt from $EV
"""),
    Kind("append without a key", None, """
{{ config(materialized='incremental', incremental_strategy='append') }}
select $id, $day, $amt from $EV
{% if is_incremental() %} where $day > $OWN_LAST {% endif %}
"""),
    Kind("window of late rows", None, _NIGHTLY + """
select $id, $day, $amt from $EV
{% if is_incremental() %}
where $day >= $AGO_OWN
{% endif %}
"""),
    Kind("counted once", None, """
select e.$who, count(distinct e.$id) as n
from $EV e join $BR t on t.$ses = e.$ses
where $IN_DAYS_E
group by e.$who
"""),
    Kind("joined to one row", None, """
with people as (select * from $DIM)
select people.$land, sum(e.$amt) as total
from $EV e left join people on people.$who = e.$who
where $IN_DAYS_E
group by people.$land
"""),
    Kind("several rows brought to one first", None, """
with labels as (select $ses, count(*) as n_labels from $BR group by $ses)
select e.$who, sum(e.$amt) as total, max(labels.n_labels) as n_labels
from $EV e left join labels on labels.$ses = e.$ses
where $IN_DAYS_E
group by e.$who
"""),
    Kind("history at its moment", None, """
select h.$plan, sum(e.$amt) as total
from $EV e
join $HIST h on h.$who = e.$who and e.$at >= h.valid_from and e.$at < h.valid_to
where $IN_DAYS_E
group by h.$plan
"""),
    Kind("distinct of one table", None, """
select distinct $who, $kind from $EV where $IN_DAYS
"""),
    Kind("distinct pairs with the label", None, """
select distinct e.$who, t.$tag
from $EV e join $BR t on t.$ses = e.$ses
where $IN_DAYS_E
"""),
    Kind("both sides have their days", None, """
select e.$id, r.$amt2
from $EV e join $EV2 r on r.$id = e.$id
where $IN_DAYS_E and $IN_DAYS_R
"""),
    Kind("the day is joined too", None, """
select e.$id, r.$amt2
from $EV e left join $EV2 r on r.$id = e.$id and r.$day = e.$day
where $IN_DAYS_E
"""),
    Kind("window over filtered rows", None, """
with some as (select * from $EV where $IN_DAYS),
ranked as (
    select $id, $who, row_number() over (partition by $who order by $at desc) as rn from some
)
select $id, $who from ranked where rn = 1
"""),
    Kind("window within a day", None, """
with ranked as (
    select $id, $day, row_number() over (partition by $day, $who order by $at) as rn from $EV
)
select $id from ranked where rn = 1 and $IN_DAYS
"""),
    Kind("function of the literal", None, """
select $id, $MONTH_DAY as month_of, $amt from $EV where $day >= $MONTH_FIRST
"""),
    Kind("top ten", None, """
select $who, sum($amt) as total from $EV where $IN_DAYS group by $who order by total desc limit 10
"""),
    Kind("sorted list in a cell", None, """
select $who, $LIST_KIND as kinds from $EV where $IN_DAYS group by $who
"""),
    Kind("age in the output", None, """
select $id, $AGE as age_days from $EV where $IN_DAYS
"""),
    Kind("exists with a star", None, """
select e.$id, e.$amt from $EV e
where $IN_DAYS_E and exists (select * from $BR t where t.$ses = e.$ses)
"""),
    Kind("day set above", None, """
{%- set since = "$FIRST" %}
select $id, $amt from $EV where $day >= {{ since }}
"""),
    Kind("columns from a loop", None, """
select $who
    {% for k in ['a', 'b', 'c'] %}
    , sum(case when $kind = '{{ k }}' then $amt else 0 end) as total_{{ k }}
    {% endfor %}
from $EV
where $IN_DAYS
group by $who
"""),
)  # fmt: skip
FIRST = HARMFUL + ALIKE
