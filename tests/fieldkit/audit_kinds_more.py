"""The second kinds of the labelled set: kept back until what the first ones showed was mended."""

from __future__ import annotations

from tests.fieldkit.audit_set import Kind

_STRUCTS = ("duckdb", "bigquery", "snowflake")
_MERGE = (
    "{{ config(materialized = 'incremental', incremental_strategy = 'merge',"
    " unique_key = '$id') }}\n"
)
HARMFUL = (
    # full-scan
    Kind("a day or anything of a type", "full-scan", """
select $id, $amt from $EV where ($IN_DAYS) or $kind = 'special'
"""),
    Kind("all days but one", "full-scan", """
select $id, $who, $amt from $EV where $day <> $FIRST
"""),
    Kind("people who ever came", "full-scan", """
select c.$who, c.$land
from $DIM c
where exists (select 1 from $EV e where e.$who = c.$who and e.$kind = 'first')
"""),
    Kind("a filter that is only a remark", "full-scan", """
select $who, max($at) as last_seen
from $EV
-- where $IN_DAYS
{# where $IN_DAYS #}
group by $who
"""),
    Kind("share of all time", "full-scan", """
with here as (select $who, sum($amt) as total from $EV where $IN_DAYS group by $who),
ever as (select sum($amt) as total from $EV)
select here.$who, here.total / ever.total as share
from here cross join ever
"""),
    # incremental-unfiltered
    Kind("new people, all facts", "incremental-unfiltered", _MERGE + """
select e.$id, e.$amt, c.$land
from $EV e join $DIM c on c.$who = e.$who
{% if is_incremental() %} where c.$since > $FIRST {% endif %}
"""),
    Kind("the test picks a column", "incremental-unfiltered", _MERGE + """
select $id, $amt,
    {% if is_incremental() %} true {% else %} false {% endif %} as is_late
from $EV
"""),
    Kind("the limit is looked up and not used", "incremental-unfiltered", _MERGE + """
{% if is_incremental() %}
with newest as (select max($day) as last_day from {{ this }})
{% endif %}
select $id, $day, $amt from $EV
"""),
    Kind("filtered by an or", "incremental-unfiltered", _MERGE + """
with src as (
    select * from $EV
    {% if is_incremental() %}
    where $day > $OWN_LAST or $kind = 'corrected'
    {% endif %}
)
select $id, $day, $amt from src
"""),
    # unbounded-window
    Kind("window first in an incremental", "unbounded-window", _MERGE + """
with numbered as (
    select $id, $day, $who, row_number() over (partition by $who order by $at) as nth
    from $EV
)
select $id, $day, $who, nth from numbered
{% if is_incremental() %} where $day > $OWN_LAST {% endif %}
"""),
    Kind("two steps before the filter", "unbounded-window", """
with src as (select * from $EV),
numbered as (
    select $id, $day, $amt, rank() over (partition by $kind order by $amt desc) as place from src
),
best as (select * from numbered where place <= 3)
select $id, $amt, place from best where $IN_DAYS
"""),
    Kind("first value", "unbounded-window", """
select f.$id, f.first_kind from (
    select $id, $day,
        first_value($kind) over (partition by $who order by $at
            rows between unbounded preceding and unbounded following) as first_kind
    from $EV
) f
where f.$day >= $FIRST
"""),
    Kind("share of the whole", "unbounded-window", """
with shares as (
    select $id, $day, $amt / sum($amt) over () as share from $EV
)
select $id, share from shares where $IN_DAYS
"""),
    # partition-function
    Kind("text of the day", "partition-function", """
select $id, $amt from $EV where $TEXT_DAY = '2026-03'
"""),
    Kind("days between", "partition-function", """
select $id, $amt from $EV e where $DAYS_BETWEEN < 7
"""),
    Kind("a day moved", "partition-function", """
select $id, $amt from $EV where $AGO_DAY >= $FIRST
"""),
    Kind("cast of the day in a step", "partition-function", """
with src as (select $id, $who, $day, $amt from $EV),
chosen as (select * from src where cast($day as timestamp) >= $FIRST)
select $who, sum($amt) as total from chosen group by $who
"""),
    # fan-out
    Kind("two children of one person", "fan-out", """
with a as (select * from $EV where $IN_DAYS),
b as (select * from $EV2 where $IN_DAYS)
select c.$who, sum(a.$amt) as total, sum(b.$amt2) as other
from $DIM c
left join a on a.$who = c.$who
left join b on b.$who = c.$who
group by c.$who
"""),
    Kind("a conditional total", "fan-out", """
select e.$kind, sum(case when t.$tag = 'x' then e.$amt else 0 end) as x_total
from $EV e
left join $BR t using ($ses)
where $IN_DAYS_E
group by e.$kind
"""),
    Kind("joined on a part of the key", "fan-out", """
select e.$day, sum(e.$amt) as total
from $EV e
inner join $BR t on e.$ses = t.$ses and t.$tag <> 'none'
where $IN_DAYS_E
group by 1
"""),
    Kind("valid since, without until", "fan-out", """
select h.$plan, count(e.$id) as n, sum(e.$amt) as total
from $EV e
join $HIST h on h.$who = e.$who and h.valid_from <= e.$at
where $IN_DAYS_E
group by h.$plan
"""),
    # distinct-hides-fan-out
    Kind("distinct at the end", "distinct-hides-fan-out", """
with joined as (
    select e.$id, e.$day, e.$amt
    from $EV e inner join $BR t on t.$ses = e.$ses
    where $IN_DAYS_E
)
select distinct $id, $day, $amt from joined
"""),
    Kind("distinct on", "distinct-hides-fan-out", """
select distinct on (e.$id) e.$id, e.$amt
from $EV e left join $HIST h on h.$who = e.$who
where $IN_DAYS_E
""", ("duckdb", "postgres")),
    Kind("distinct with using", "distinct-hides-fan-out", """
select distinct e.$id, e.$who, e.$kind, e.$amt
from $EV as e
left join $BR as t using ($ses)
where $IN_DAYS_E
"""),
    Kind("distinct people of a history", "distinct-hides-fan-out", """
with people as (
    select distinct c.$who, c.$land from $DIM c join $HIST h on h.$who = c.$who
)
select people.$land, count(*) as n from people group by people.$land
"""),
    # one-sided-filter
    Kind("days in the join condition", "one-sided-filter", """
select e.$id, e.$amt, r.$id2
from $EV e
inner join $EV2 r on r.$id = e.$id and $IN_DAYS_R
"""),
    Kind("the same table before", "one-sided-filter", """
with now_rows as (select $id, $who, $amt from $EV where $IN_DAYS),
before as (select $id, $who, $amt from $EV)
select now_rows.$id, before.$id as earlier_id
from now_rows join before on before.$who = now_rows.$who and before.$amt > now_rows.$amt
"""),
    Kind("in three, one without", "one-sided-filter", """
with mine as (select $id, $who, $amt from $EV where $IN_DAYS)
select mine.$id, c.$land, r.$amt2
from mine
left join $DIM c on c.$who = mine.$who
left join $EV2 r on r.$id = mine.$id
"""),
    Kind("newest of the other side", "one-sided-filter", """
select e.$id, newest.last_at
from $EV e
left join (
    select $id, max($at2) as last_at from $EV2 group by $id
) newest on newest.$id = e.$id
where $IN_DAYS_E
"""),
    # non-deterministic
    Kind("one by chance", "non-deterministic", """
select $id, $who from $EV where $IN_DAYS
qualify row_number() over (partition by $who order by $RANDOM) = 1
""", _STRUCTS),
    Kind("nightly by the clock", "non-deterministic", _MERGE + """
select $id, $day, $amt from $EV
{% if is_incremental() %} where $day >= $AGO_TODAY {% endif %}
"""),
    Kind("between then and now", "non-deterministic", """
with open_rows as (
    select e.$id, e.$amt from $EV e where e.$day between $AGO_TODAY and $TODAY
)
select $id, $amt from open_rows
"""),
    Kind("a hash of the clock", "non-deterministic", """
{{ config(materialized='table', unique_key='row_key') }}
select md5(concat(cast($id as $TEXT), cast($NOW as $TEXT))) as row_key, $amt
from $EV where $IN_DAYS
"""),
    # output-star
    Kind("stars in a union", "output-star", """
with a as (select * from $EV where $IN_DAYS and $kind = 'a'),
b as (select * from $EV where $IN_DAYS and $kind = 'b')
select * from a
union all
select * from b
"""),
    Kind("star in brackets", "output-star", """
select * from (select * from $EV where $IN_DAYS) as q
"""),
    Kind("star and a column", "output-star", """
{{ config(materialized='table') }}
select *, $amt * 0.01 as in_money from $EV where $IN_DAYS
"""),
    Kind("star of a person and a total", "output-star", """
with totals as (select $who, sum($amt) as total from $EV where $IN_DAYS group by $who),
people as (select * from $DIM)
select people.*, totals.total
from people left join totals on totals.$who = people.$who
"""),
    # order-by
    Kind("nulls last", "order-by", """
select $who, $kind, sum($amt) as total from $EV where $IN_DAYS
group by $who, $kind order by total desc nulls last, $kind
""", wrapped=False),
    Kind("sorted nightly", "order-by", _MERGE + """
select $id, $day, $amt from $EV
{% if is_incremental() %} where $day > $OWN_LAST {% endif %}
order by $day
""", wrapped=False),
    Kind("sorted by a loop", "order-by", """
select $who, $kind, count(*) as n from $EV where $IN_DAYS group by $who, $kind
order by {% for c in ['$who', '$kind'] %}{{ c }}{% if not loop.last %}, {% endif %}{% endfor %}
""", wrapped=False),
    Kind("sorted dimension", "order-by", """
with people as (select * from $DIM)
select people.$who, people.$land from people order by people.$land asc
""", wrapped=False),
)  # fmt: skip
ALIKE = (
    Kind("insert overwrite of days", None, """
{{ config(materialized='incremental', incremental_strategy='insert_overwrite',
          partition_by={'field': '$day', 'data_type': 'date'}) }}
select $day, $who, sum($amt) as total from $EV
{% if is_incremental() %} where $day >= $AS_OF {% endif %}
group by $day, $who
"""),
    Kind("filter in the else branch too", None, """
{{ config(materialized='incremental', unique_key='$id') }}
select $id, $day, $amt from $EV
where
{% if is_incremental() %} $day > $OWN_LAST {% else %} $day >= $FIRST {% endif %}
"""),
    Kind("star of listed columns", None, """
select * from (select $id, $amt from $EV where $IN_DAYS) as q
"""),
    Kind("union of listed steps", None, """
with a as (select $id as row_id, $amt as amount from $EV where $IN_DAYS),
b as (select $id2 as row_id, $amt2 as amount from $EV2 where $IN_DAYS)
select * from a union all select * from b
"""),
    Kind("a label that is named", None, """
select e.$who, sum(e.$amt) as total
from $EV e join $BR t on t.$ses = e.$ses and t.$tag = 'paid'
where $IN_DAYS_E group by e.$who
"""),
    Kind("in a list of sessions", None, """
select $who, sum($amt) as total from $EV
where $IN_DAYS and $ses in (select $ses from $BR where $tag = 'paid')
group by $who
"""),
    Kind("newest row of the history first", None, """
with newest as (
    select $who, $plan from (
        select $who, $plan, row_number() over (partition by $who order by valid_from desc) as rn
        from $HIST
    ) as h where rn = 1
)
select newest.$plan, sum(e.$amt) as total
from $EV e left join newest on newest.$who = e.$who
where $IN_DAYS_E group by newest.$plan
"""),
    Kind("highest over several rows", None, """
select e.$who, max(e.$amt) as highest, min(e.$at) as first_at
from $EV e join $BR t on t.$ses = e.$ses where $IN_DAYS_E group by e.$who
"""),
    Kind("children added up before the join", None, """
with a as (select $who, sum($amt) as total from $EV where $IN_DAYS group by $who),
b as (select $who, sum($amt2) as other from $EV2 where $IN_DAYS group by $who)
select c.$who, a.total, b.other
from $DIM c left join a on a.$who = c.$who left join b on b.$who = c.$who
"""),
    Kind("total of totals of one row each", None, """
with a as (select $who, sum($amt) as total from $EV where $IN_DAYS group by $who)
select c.$land, sum(a.total) as total
from a join $DIM c on c.$who = a.$who group by c.$land
"""),
    Kind("distinct with a dimension", None, """
select distinct c.$land, e.$kind
from $EV e join $DIM c on c.$who = e.$who where $IN_DAYS_E
"""),
    Kind("days in the join and in where", None, """
select e.$id, r.$amt2
from $EV e left join $EV2 r on r.$id = e.$id and $IN_DAYS_R
where $IN_DAYS_E
"""),
    Kind("dimension without days", None, """
select e.$id, e.$amt, c.$land, h.$plan
from $EV e
left join $DIM c on c.$who = e.$who
left join $HIST h on h.$who = e.$who and e.$at between h.valid_from and h.valid_to
where $IN_DAYS_E
"""),
    Kind("window and filter in one select", None, """
select $id, row_number() over (partition by $who order by $at) as nth from $EV where $IN_DAYS
"""),
    Kind("deduplicated by qualify", None, """
select $id, $who, $amt from $EV where $IN_DAYS
qualify row_number() over (partition by $id order by $at desc) = 1
""", _STRUCTS),
    Kind("a function and a plain bound", None, """
select $id, $amt from $EV where $MONTH_DAY = $MONTH_FIRST and $day >= $FIRST
"""),
    Kind("words in strings", None, """
select $id, 'order by current_date' as note, 'select *' as hint from $EV where $IN_DAYS
"""),
    Kind("a sample by the key", None, """
select $id, $amt from $EV where $IN_DAYS and mod($who, 10) = 0
"""),
    Kind("started at, from the run", None, """
select $id, $amt, '{{ run_started_at }}' as run_at, '{{ invocation_id }}' as run_id
from $EV where $IN_DAYS
"""),
    Kind("open rows have a day from the run", None, """
select $id, case when $amt > 0 then $NOW end as checked_at from $EV where $IN_DAYS
"""),
    Kind("newest five a person, sorted", None, """
with top as (select $id, $amt from $EV where $IN_DAYS order by $amt desc limit 5)
select $id, $amt from top
"""),
    Kind("condition on several tables at once", None, """
with e as (select * from $EV where $IN_DAYS),
r as (select * from $EV2 where $IN_DAYS),
j as (select e.$id, e.$day, r.$amt2 from e join r on r.$id = e.$id)
select $id, $day, $amt2 from j
"""),
    Kind("source without partitions", None, """
select $who, $land from $DIM where $since is not null
"""),
    Kind("group of all days of a person table", None, """
select $land, count(*) as n from $DIM group by $land
"""),
)  # fmt: skip
SECOND = HARMFUL + ALIKE
