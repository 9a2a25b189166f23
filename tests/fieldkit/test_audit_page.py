"""What "What counts" in docs/audit.md says of each rule, as SQL of our own."""

from __future__ import annotations

import pytest

from fieldkit.audit import Catalog, Settings, Table, grain
from fieldkit.audit import render as rendering
from fieldkit.audit.cli import DIALECTS
from fieldkit.audit.found import Verdict
from fieldkit.audit.linters import documents
from fieldkit.audit.macros import NONE, Surroundings
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import audit, of
from fieldkit.audit.standards import Standards

CATALOG = Catalog(
    [
        Table("rides", "day", 40_000_000_000, 400, ("ride_id",),
              ("ride_id", "rider_id", "zone_id", "day", "booked_on", "cents", "stops")),
        Table("tips", "day", 9_000_000_000, 400, ("tip_id",), ("tip_id", "ride_id", "day", "tip")),
        Table("logs", "year month", 9_000_000_000, 40, ("log_id",), ("log_id", "year", "month")),
        Table("riders", grain=("rider_id",), columns=("rider_id", "city", "joined_on", "credit")),
        Table("zone_tags", grain=("zone_id", "tag"), columns=("zone_id", "tag", "weight")),
        Table("calendar", grain=("date_day",), columns=("date_day", "week")),
        Table("plans", grain=("rider_id", "valid_from"),
              columns=("rider_id", "plan", "valid_from", "valid_to")),
    ]
)  # fmt: skip
MARCH = "{0}day >= date '2026-03-01' and {0}day < date '2026-04-01'"
IN, R = MARCH.format(""), MARCH.format("r.")
NIGHTLY = "{{ config(materialized='incremental') }} "
ADDED = f"from rides r join zone_tags z on z.zone_id = r.zone_id where {R}"
FULL, INC, WINDOW, FUNCTION = (
    "full-scan", "incremental-unfiltered", "unbounded-window", "partition-function",
)  # fmt: skip
FAN, HIDES, SIDE, CLOCK = (
    "fan-out", "distinct-hides-fan-out", "one-sided-filter", "non-deterministic",
)  # fmt: skip
STAR, ORDER = "output-star", "order-by"

FOUND = {
    "a window keeps the filter out": (
        f"with w as (select ride_id, day, lag(day) over (partition by rider_id order by day) as b"
        f" from rides) select ride_id, b from w where {IN}", WINDOW),
    "a function": ("select ride_id from rides where year(day) = 2026", FUNCTION),
    "one side": (f"select r.ride_id, t.tip from rides r join tips t using (ride_id) where {R}",
                 SIDE),
    "a window in an incremental model": (
        NIGHTLY + "select * from (select ride_id, day, max(day) over (partition by rider_id) as l"
        " from rides) as w {% if is_incremental() %} where day > '{{ var('night') }}' {% endif %}",
        WINDOW),
    "not this value": ("select ride_id from rides where day <> date '2026-01-01'", FULL),
    "not null": ("select ride_id from rides where day is not null", FULL),
    "a limit": ("select ride_id from rides limit 10", FULL),
    "the last day": ("select max(day) as last_day from rides", FULL),
    "an upper bound": ("select ride_id from rides where day < date '2026-01-01'", FULL),
    "another column of the row": ("select ride_id from rides where day >= booked_on", FULL),
    "every day of a calendar": (
        "select r.ride_id, c.week from rides r join calendar c on c.date_day = r.day", FULL),
    "ON for the side that is kept": (
        "select r.ride_id, p.city from rides r left join riders p on p.rider_id = r.rider_id"
        " and r.day >= date '2026-03-01'", FULL),
    "a reader without a filter": (
        f"with a as (select ride_id, day from rides) select ride_id from a where {IN}"
        " union all select ride_id from a", FULL),
    "a fixed day in every run": (
        NIGHTLY + "select ride_id from rides where day >= date '2026-01-01'", INC),
    "nothing partitioned": (NIGHTLY + "select rider_id, city from riders", INC),
    "an upper bound that moves": (
        NIGHTLY + "select ride_id from rides where day < '{{ var('night') }}'", INC),
    "a running total": (
        "with w as (select rider_id, day, sum(cents) over (partition by rider_id order by day) as t"
        f" from rides) select rider_id, t from w where {IN}", WINDOW),
    "QUALIFY beside the window": (
        "select ride_id, day from rides qualify row_number() over (partition by rider_id order by"
        " day desc) = 1 and day >= date '2026-03-01'", WINDOW),
    "arithmetic": ("select ride_id from rides where day + 30 >= date '2026-03-01'", FUNCTION),
    "text put together": ("select log_id from logs where year || '-' || month = '2026-03'",
                          FUNCTION),
    "a cast to a time": (
        "select ride_id from rides where cast(day as timestamp) >= timestamp '2026-03-01'",
        FUNCTION),
    "AVG": (f"select r.rider_id, avg(p.credit) as c from rides r join riders p on p.rider_id ="
            f" r.rider_id where {R} group by 1", FAN),
    "HAVING": (f"select r.rider_id {ADDED} group by 1 having sum(r.cents) > 10", FAN),
    "CROSS JOIN with many rows": (
        f"select sum(r.cents) as cents from rides r cross join zone_tags z where {R}", FAN),
    "an order and nothing else": (
        f"select sum(r.cents) as cents from rides r join zone_tags z on z.weight > r.cents"
        f" where {R}", FAN),
    "keys in one way of writing": (
        f"select r.rider_id, sum(r.cents) as cents from rides r join zone_tags z on"
        f" lower(z.zone_id) = lower(r.zone_id) where {R} group by 1", FAN),
    "parts of a UNION": (
        f"select p.rider_id, sum(p.credit) as credit from riders p join (select rider_id from rides"
        f" where {IN} union all select rider_id from plans) as u on u.rider_id = p.rider_id"
        " group by 1", FAN),
    "COUNT of both": (f"select r.rider_id, count(*) as n {ADDED} group by 1", FAN),
    "DISTINCT": (f"select distinct r.ride_id, r.cents {ADDED}", HIDES),
    "DISTINCT ON": (f"select distinct on (r.ride_id) r.ride_id, r.cents {ADDED}", HIDES),
    "DISTINCT in a sum": (f"select r.rider_id, sum(distinct r.cents) as c {ADDED} group by 1",
                          HIDES),
    "a range around the other's day": (
        "select r.ride_id, t.tip from rides r join tips t on t.ride_id = r.ride_id and t.day"
        f" between r.day - 7 and r.day where {R}", SIDE),
    "IN": (f"select ride_id from rides where {IN} and ride_id in (select ride_id from tips)", FULL),
    "EXISTS": (f"select ride_id from rides r where {R} and exists (select 1 from tips t where"
               " t.ride_id = r.ride_id)", FULL),
    "the clock in an earlier step": (
        "with b as (select current_date - 28 as since) select p.rider_id from riders p, b"
        " where p.joined_on >= b.since", CLOCK),
    "the clock in a subquery": (
        "with b as (select current_date - 28 as since) select rider_id from riders"
        " where joined_on >= (select since from b)", CLOCK),
    "random rows": ("select rider_id from riders where random() < 0.1", CLOCK),
    "dbt's own clock": (
        "select rider_id from riders where year(joined_on) ="
        " {{ run_started_at.strftime('%Y') }}", CLOCK),
    "Python's clock": (
        "select rider_id from riders where joined_on >="
        " '{{ modules.datetime.datetime.now().date() }}'", CLOCK),
    "Python's day": (
        "select rider_id from riders where joined_on >= '{{ modules.datetime.date.today() }}'",
        CLOCK),
    "an age": ("select rider_id from riders where age(joined_on) < interval 1 year", CLOCK),
    "a day by its name": ("select rider_id from riders where joined_on = 'today'::date", CLOCK),
    "plans of today": (
        "select p.rider_id, s.plan from riders p join plans s on s.rider_id = p.rider_id and"
        " current_date between s.valid_from and s.valid_to", CLOCK),
    "an open end as a filter": (
        "select rider_id from plans where coalesce(valid_to, current_date) > date '2026-01-01'",
        CLOCK),
    "a star over a model": ("select * from {{ ref('riders') }}", STAR),
    "a step that is sorted, with a window of its own": (
        "with s as (select rider_id, lag(city) over (order by joined_on) as c from riders"
        " order by rider_id) select rider_id, c from s", ORDER),
}  # fmt: skip
CLEAN = {
    "a subquery": "select ride_id from rides where day = (select max(week) from calendar)",
    "one row of a cross join": (
        "with b as (select max(week) as w from calendar) select ride_id from rides cross join b"
        " where day >= b.w"
    ),
    "HAVING on the day": f"select day, count(*) as n from rides group by day having {IN}",
    "a later step": f"with a as (select ride_id, day from rides) select ride_id from a where {IN}",
    "a window within the day": (
        "select ride_id, day from rides qualify row_number() over (partition by day order by"
        " ride_id) = 1 and day >= date '2026-03-01'"
    ),
    "days of a calendar that is filtered": (
        "select r.ride_id from rides r join calendar c on c.date_day = r.day where c.week = 12"
    ),
    "an old lower bound": "select ride_id from rides where day >= date '1990-01-01'",
    "a fixed day inside is_incremental()": (
        NIGHTLY + "select ride_id from rides {% if is_incremental() %} where day >="
        " date '2026-01-01' {% endif %}"
    ),
    "what lies before a fixed day": (
        NIGHTLY + "select ride_id from rides where day < date '2020-01-01'"
    ),
    "a variable": NIGHTLY + "select ride_id from rides where day = '{{ var('night') }}'",
    "a function beside a bare filter": (
        "select ride_id from rides where year(day) = 2026 and day >= date '2026-03-01'"
    ),
    "one of two partition columns": (
        "select log_id from logs where year = 2026 and cast(month as int) = 3"
    ),
    "a cast to a date": "select ride_id from rides where day::date >= date '2026-03-01'",
    "MAX": f"select r.rider_id, max(r.cents) as most {ADDED} group by 1",
    "groups by what repeats": f"select z.tag, sum(r.cents) as cents {ADDED} group by 1",
    "a product of both sides": f"select sum(r.cents * z.weight) as cents {ADDED}",
    "UNNEST": (
        "select r.rider_id, sum(r.cents) as c from rides r cross join unnest(r.stops) as u(s)"
        f" where {R} group by 1"
    ),
    "CROSS JOIN with one row": (
        f"with t as (select sum(cents) as total from rides where {IN}) select r.rider_id,"
        f" sum(r.cents / t.total) as share from rides r cross join t where {R} group by 1"
    ),
    "as of each day": (
        "select c.date_day, sum(r.cents) as cents from calendar c join rides r on r.day <="
        f" c.date_day where {R} group by 1"
    ),
    "a band of values": (
        "select s.plan, sum(r.cents) as cents from rides r join plans s on r.day >= s.valid_from"
        f" and r.day < s.valid_to where {R} group by 1"
    ),
    "DISTINCT over both sides": f"select distinct r.ride_id, z.tag {ADDED}",
    "a list": f"select distinct r.ride_id {ADDED}",
    "COUNT(DISTINCT)": f"select r.rider_id, count(distinct r.ride_id) as n {ADDED} group by 1",
    "UNION": f"select r.ride_id, r.cents {ADDED} union select ride_id, cents from rides where {IN}",
    "GROUP BY of all": f"select r.ride_id, r.cents {ADDED} group by 1, 2",
    "days that are equal": (
        "select r.ride_id, t.tip from rides r join tips t on t.ride_id = r.ride_id and t.day ="
        f" r.day where {R}"
    ),
    "an open end": (
        "select p.rider_id, s.plan from riders p join plans s on s.rider_id = p.rider_id and"
        " p.joined_on >= s.valid_from and p.joined_on < coalesce(s.valid_to, current_timestamp)"
    ),
    "an open end in an earlier step": (
        "with s as (select rider_id, plan, valid_from, coalesce(valid_to, now()) as valid_to from"
        " plans) select p.rider_id, s.plan from riders p join s on s.rider_id = p.rider_id and"
        " p.joined_on >= s.valid_from and p.joined_on < s.valid_to"
    ),
    "the clock as a column": (
        "with a as (select rider_id, city, now() as loaded_at from riders) select rider_id, city,"
        " loaded_at, '{{ run_started_at }}' as run from a where city = '2001'"
    ),
    "a number without an order": (
        "select rider_id, row_number() over (partition by city) as row_key from riders"
    ),
    "OFFSET": "select rider_id from riders order by rider_id offset 10",
    "a limit one step later": (
        "with s as (select rider_id, city from riders order by city) select rider_id from s"
        " limit 10"
    ),
}


def judged(sql, dialect="duckdb", surroundings=NONE):
    found = Project((File("models/m.sql", sql),), surroundings=surroundings)
    [model] = of(found, Settings(catalog=CATALOG, dialect=dialect)).models
    return model


@pytest.mark.parametrize("name", FOUND)
def test_it_counts_once(name):
    sql, rule = FOUND[name]
    model = judged(sql)
    assert ([finding.rule for finding in model.findings], model.why) == ([rule], "")


@pytest.mark.parametrize("name", CLEAN)
def test_it_does_not_count(name):
    model = judged(CLEAN[name])
    assert (list(model.findings), model.why, model.unknown) == ([], "", {})


@pytest.mark.parametrize("dialect", ["databricks", "spark", "bigquery", "duckdb"])
def test_a_comma_is_a_join_in_every_dialect(dialect):
    sql = "select distinct r.ride_id, r.cents from rides r, zone_tags z where z.zone_id = r.zone_id"
    sql += f" and {R}"
    assert [finding.rule for finding in judged(sql, dialect).findings] == [HIDES]


@pytest.mark.parametrize("dialect", ["databricks", "spark"])
def test_spark_is_read_as_spark_writes_it(dialect):
    clean = (
        "select rider_id, datediff('2026-03-01', joined_on) as days from riders sort by city",
        "select rider_id from riders cluster by city",
        f"select r.ride_id, s from rides r lateral view explode(r.stops) t as s where {R}",
        "select ride_id from rides where day >= {{ dbt.dateadd('day', -3, \"'2026-03-01'\") }}",
        f"select p.city from riders p left semi join rides r on r.rider_id = p.rider_id and {R}",
    )
    for sql in clean:
        model = judged(sql, dialect)
        assert (list(model.findings), model.why) == ([], ""), sql
    anti = (
        f"select r.ride_id from rides r left anti join riders p on p.rider_id = r.rider_id and {R}"
    )
    assert [finding.rule for finding in judged(anti, dialect).findings] == [FULL]
    assert dialect in DIALECTS


def test_sqlfluff_has_its_own_name_for_spark():
    assert "dialect = sparksql" in documents(Standards(), "spark")[".sqlfluff"]
    assert "dialect = databricks" in documents(Standards(), "databricks")[".sqlfluff"]


def test_a_file_of_nothing_but_notes_is_clean():
    model = judged("select ride_id from rides where year(day) = 2026")
    assert model.findings[0].note and model.verdict is Verdict.CLEAN


def test_a_file_outside_of_dbt_is_a_table_unless_it_says_so(tmp_path):
    sql = "select ride_id, day from rides"
    (tmp_path / "a.sql").write_text(sql)
    (tmp_path / "b.sql").write_text("{{ config(materialized='view') }} " + sql)
    found = audit(tmp_path, Settings(catalog=CATALOG)).models
    assert [[finding.note for finding in model.findings] for model in found] == [[False], [True]]


def test_a_macro_that_tells_the_time_is_seen():
    text = "{% macro tonight() %}'{{ run_started_at.date() }}'{% endmacro %}"
    around = Surroundings({"": {"tonight": text}})
    sql = "select rider_id from riders where joined_on >= {{ tonight() }}"
    [finding] = judged(sql, surroundings=around).findings
    assert finding.rule == CLOCK and finding.evidence.startswith("what Jinja makes of its clock in")


def test_the_clock_stands_still_while_a_model_is_rendered():
    text = "{{ modules.datetime.datetime.utcnow() }} {{ run_started_at }}"
    assert rendering.rendered(text).sql == "2001-02-03 04:05:06 2001-02-03 04:05:06+00:00"


def test_steps_that_read_each_other_are_looked_at_once(monkeypatch):
    asked = []
    looked = grain._own_grain
    monkeypatch.setattr(grain, "_own_grain", lambda *given: asked.append(1) or looked(*given))
    steps = ["s0 as (select rider_id, city from riders)"]
    steps += [
        f"s{n} as (select a.rider_id, b.city from s{n - 1} a join s{n - 1} b using (rider_id)"
        f" union all select rider_id, city from s{n - 1})"
        for n in range(1, 9)
    ]
    last = "select r.credit, s.city from riders r join s8 s using (rider_id)"
    model = judged(f"with {', '.join(steps)} {last}")
    assert not model.why and len(asked) <= 3 * 9
