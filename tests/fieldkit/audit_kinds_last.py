"""The last kinds of the labelled set: shapes of public projects, written before they were run."""

from __future__ import annotations

from tests.fieldkit.audit_set import Kind

_STRUCTS = ("duckdb", "bigquery", "snowflake")
_KEYED = "{{ config(materialized='incremental', unique_key=['$id', '$day']) }}\n"
HARMFUL = (
    Kind("first time of each", "full-scan", """
{{ config(materialized='table') }}
with firsts as (
    select $who, min($at) as first_at, count(distinct $kind) as kinds
    from $EV
    where $amt is not null
    group by 1
)
select c.$who, c.$land, firsts.first_at, firsts.kinds
from $DIM as c left join firsts using ($who)
"""),
    Kind("all branches but one are short", "full-scan", """
with a as (select $id, $day, $amt from $EV where $IN_DAYS),
b as (select $id, $day, $amt2 as $amt from $EV2),
both_kinds as (select * from a union all select * from b)
select $day, sum($amt) as total from both_kinds group by $day
"""),
    Kind("a list in the condition", "full-scan", """
select $id, $who from $EV
where $who in (select $who from $DIM where $land = 'x') and upper($kind) like 'A%'
"""),
    Kind("newest by a number", "incremental-unfiltered", _KEYED + """
with src as (select * from $EV where $kind is not null)
select $id, $day, $amt from src
{% if is_incremental() %}
where $id > (select coalesce(max($id), 0) from {{ this }})
{% endif %}
"""),
    Kind("only what is not there", "incremental-unfiltered", _KEYED + """
select e.$id, e.$day, e.$amt from $EV e
{% if is_incremental() %}
where not exists (select 1 from {{ this }} t where t.$id = e.$id)
{% endif %}
"""),
    Kind("totals again each night", "incremental-unfiltered", """
{{
  config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='$day'
  )
}}
select e.$day, c.$land, count(*) as n
from $EV as e inner join $DIM as c on e.$who = c.$who
group by 1, 2
"""),
    Kind("row of each person, nightly", "unbounded-window", _KEYED + """
with src as (select * from $EV),
dedup as (
    select *, row_number() over (partition by $ses, $kind order by $at desc) as place from src
)
select $id, $day, $amt from dedup
where place = 1
{% if is_incremental() %} and $day >= $OWN_LAST {% endif %}
"""),
    Kind("moving mean, then days", "unbounded-window", """
with means as (
    select $id, $day,
        avg($amt) over (partition by $who order by $at rows between 6 preceding and current row)
            as mean_amt
    from $EV
),
shaped as (select $id as row_id, $day as on_day, mean_amt from means)
select row_id, mean_amt from shaped where on_day >= $FIRST
"""),
    Kind("next one, then days", "unbounded-window", """
select s.$id, s.next_at
from (
    select $id, $day, lead($at) over (partition by $ses order by $at) as next_at from $EV
) as s
inner join $DIM as c on c.$who is not null
where s.$day between $FIRST and $LAST
"""),
    Kind("year and month", "partition-function", """
select $id, $amt from $EV
where extract(year from $day) = 2026 and extract(month from $day) = 3
"""),
    Kind("month in an incremental", "partition-function", """
{{ config(materialized='incremental', unique_key='$id') }}
select $id, $day, $amt from $EV where $MONTH_DAY = $MONTH_FIRST
"""),
    Kind("text in the join", "partition-function", """
select e.$id, c.$land
from $EV e inner join $DIM c on c.$who = e.$who and cast(e.$day as $TEXT) >= '2026-03-01'
"""),
    Kind("joined before the total, in two steps", "fan-out", """
with facts as (select $id, $ses, $who, $amt from $EV where $IN_DAYS),
tagged as (select facts.*, t.$tag from facts inner join $BR t on t.$ses = facts.$ses),
per_person as (select $who, sum($amt) as total, count(distinct $tag) as tags
    from tagged group by $who)
select $who, total, tags from per_person
"""),
    Kind("a group that is forgotten", "fan-out", """
with per_kind as (
    select $who, $kind, sum($amt2) as other from $EV2 where $IN_DAYS group by $who, $kind
),
mine as (select * from $EV where $IN_DAYS)
select mine.$who, sum(mine.$amt) as total
from mine left join per_kind on per_kind.$who = mine.$who
group by mine.$who
"""),
    Kind("mean over a history", "fan-out", """
select e.$kind, avg(e.$amt) as mean_amt
from $EV e left join $HIST h on h.$who = e.$who
where $IN_DAYS_E
group by e.$kind
"""),
    Kind("distinct facts of the tagged", "distinct-hides-fan-out", """
with facts as (select * from $EV where $IN_DAYS),
tags as (select * from $BR where $tag <> 'test')
select distinct facts.$id, facts.$who, facts.$amt, facts.$at
from facts inner join tags on facts.$ses = tags.$ses
"""),
    Kind("distinct before the total", "distinct-hides-fan-out", """
select day_of, sum(amount) as total
from (
    select distinct e.$id, e.$day as day_of, e.$amt as amount
    from $EV e inner join $HIST h on h.$who = e.$who and h.$plan <> 'free'
    where $IN_DAYS_E
) as once
group by day_of
"""),
    Kind("distinct after a step", "distinct-hides-fan-out", """
with j as (
    select e.$id, e.$kind, e.$amt, t.$tag from $EV e join $BR t on t.$ses = e.$ses
    where $IN_DAYS_E
)
select distinct $id, $kind, $amt from j
"""),
    Kind("days of the first, all of the second", "one-sided-filter", """
with e as (select * from $EV where $day between $FIRST and $LAST and $kind <> 'test'),
r as (select $id, $id2, $amt2 from $EV2 where $amt2 > 0)
select e.$id, e.$amt, r.$id2, r.$amt2 from e left join r using ($id)
"""),
    Kind("nightly, one side", "one-sided-filter", _KEYED + """
select e.$id, e.$day, r.$amt2
from $EV e
left join $EV2 r on r.$id = e.$id
{% if is_incremental() %} where e.$day > $OWN_LAST {% else %} where e.$day >= $FIRST {% endif %}
"""),
    Kind("totals of one side in days", "one-sided-filter", """
with mine as (select $who, sum($amt) as total from $EV where $IN_DAYS group by $who),
theirs as (select $who, sum($amt2) as other from $EV2 group by $who)
select mine.$who, mine.total, theirs.other
from mine inner join theirs on theirs.$who = mine.$who
"""),
    Kind("until today", "non-deterministic", """
select $id, $amt from $EV where $day >= $FIRST and $day < $TODAY
"""),
    Kind("age in a condition", "non-deterministic", """
with src as (select * from $EV where $IN_DAYS)
select $id, $who from src where $AGE <= 30
"""),
    Kind("having today", "non-deterministic", """
select $who, max($day) as last_day from $EV where $IN_DAYS group by $who
having max($day) >= $AGO_TODAY
"""),
    Kind("two stars", "output-star", """
select c.*, h.* from $DIM c inner join $HIST h on h.$who = c.$who and h.valid_to is null
"""),
    Kind("star of a union", "output-star", """
with all_rows as (
    select * from $EV where $IN_DAYS and $kind = 'a'
    union all
    select * from $EV where $IN_DAYS and $kind = 'b'
)
select * from all_rows
"""),
    Kind("star and a place", "output-star", """
with src as (select * from $EV where $IN_DAYS)
select src.*, row_number() over (partition by $day order by $at) as place from src
"""),
    Kind("groups, sorted", "order-by", """
select $day, $kind, count(*) as n from $EV where $IN_DAYS group by 1, 2
order by 1, 2
""", wrapped=False),
    Kind("sorted by an expression", "order-by", """
with src as (select * from $EV where $IN_DAYS)
select $id, $amt from src order by case when $kind = 'a' then 0 else 1 end, $amt desc
""", wrapped=False),
    Kind("sorted for people", "order-by", """
select $who, $land, $since from $DIM where $land is not null order by lower($land), $since
""", wrapped=False),
)  # fmt: skip
ALIKE = (
    Kind("price times rows", None, """
select c.$land, sum(e.$amt * h.factor) as total
from $EV e
inner join $DIM c on c.$who = e.$who
left join (select $who, 1.5 as factor from $HIST where $plan = 'x' group by $who) h
    on h.$who = e.$who
where $IN_DAYS_E
group by c.$land
"""),
    Kind("tagged or not", None, """
select e.$who, sum(case when t.$ses is not null then 1 else 0 end) as tagged
from $EV e
left join (select distinct $ses from $BR) t on t.$ses = e.$ses
where $IN_DAYS_E
group by e.$who
"""),
    Kind("ids of the tagged", None, """
select distinct e.$id from $EV e join $BR t on t.$ses = e.$ses where $IN_DAYS_E
"""),
    Kind("attributes in the groups", None, """
with people as (
    select $who, $land, max($since) as since from $DIM group by $who, $land
)
select people.$land, sum(e.$amt) as total
from $EV e join people on people.$who = e.$who
where $IN_DAYS_E group by people.$land
"""),
    Kind("the day before", None, """
with e as (select * from $EV where $IN_DAYS)
select now_rows.$id, earlier.$id as earlier_id
from e as now_rows
left join e as earlier on earlier.$who = now_rows.$who and earlier.$day < now_rows.$day
"""),
    Kind("both sides from one variable", None, """
select e.$id, r.$id2 from $EV e
join $EV2 r on r.$id = e.$id and r.$day = $AS_OF
where e.$day = $AS_OF
"""),
    Kind("a view that passes on", None, """
{{ config(materialized='view') }}
select $id, $who, $day, $amt from $EV where $IN_DAYS
"""),
    Kind("place within the day, top three", None, """
select $id, $day from (
    select $id, $day, rank() over (partition by $day order by $amt desc) as place from $EV
) as r where place <= 3 and $IN_DAYS
"""),
    Kind("updated at, by the clock, and a day", None, """
with src as (select * from $EV where $IN_DAYS)
select $id, $amt, $NOW as updated_at, cast($NOW as date) as updated_on from src
"""),
    Kind("sorted in a function and a limit", None, """
with top as (
    select $who, $LIST_KIND as kinds, sum($amt) as total from $EV where $IN_DAYS group by $who
)
select $who, kinds, total from top order by total desc limit 100
"""),
    Kind("star of what is listed, twice", None, """
with a as (select $id, $who, $amt from $EV where $IN_DAYS),
b as (select * from a where $amt > 0),
c as (select b.*, 1 as one from b)
select * from c
"""),
    Kind("semi join to days", None, """
select e.$who, count(*) as n from $EV e
where $IN_DAYS_E and e.$id in (select $id from $EV2 where $IN_DAYS)
group by e.$who
"""),
)  # fmt: skip
LAST = HARMFUL + ALIKE
