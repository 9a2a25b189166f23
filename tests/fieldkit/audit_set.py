"""A labelled set of generated models for `fieldkit audit`: which rule a reviewer would name.

The kinds (`audit_kinds`, `audit_kinds_more`) were written from docs/audit.md and from what such
tools are known to trip over, and committed before the rules had been read or run on them. A draw
gives each kind another company, dialect and layout; what is right does not depend on them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from fieldkit.audit import Catalog, Table

DIALECTS = ("duckdb", "bigquery", "snowflake", "redshift", "postgres")
# What a company calls things: ev, ev2 two partitioned facts; dim one row a person; br several rows
# a session; hist several rows a person, one at any moment.
COMPANIES: tuple[Mapping[str, str], ...] = (
    {
        "schema": "lake", "ev": "pageviews", "id": "view_id", "who": "visitor_id",
        "ses": "visit_id", "at": "viewed_at", "amt": "dwell_ms", "kind": "page_type",
        "day": "view_date", "ev2": "conversions", "id2": "conversion_id", "amt2": "value_cents",
        "at2": "converted_at", "dim": "visitors", "land": "country", "since": "first_seen",
        "br": "visit_tags", "tag": "tag", "hist": "visitor_plans", "plan": "plan_name",
    },
    {
        "schema": "ops", "ev": "trips", "id": "trip_id", "who": "driver_id",
        "ses": "shift_id", "at": "started_at", "amt": "fare_cents", "kind": "vehicle_class",
        "day": "trip_day", "ev2": "tolls", "id2": "toll_id", "amt2": "toll_cents",
        "at2": "passed_at", "dim": "drivers", "land": "home_city", "since": "hired_on",
        "br": "shift_zones", "tag": "zone", "hist": "driver_grades", "plan": "grade",
    },
    {
        "schema": "billing", "ev": "payments", "id": "payment_id", "who": "account_id",
        "ses": "invoice_id", "at": "paid_at", "amt": "amount", "kind": "method",
        "day": "paid_on", "ev2": "refunds", "id2": "refund_id", "amt2": "refunded",
        "at2": "refunded_at", "dim": "accounts", "land": "region", "since": "opened_on",
        "br": "invoice_labels", "tag": "label", "hist": "account_tiers", "plan": "tier",
    },
    {
        "schema": "plant", "ev": "readings", "id": "reading_id", "who": "sensor_id",
        "ses": "batch_id", "at": "read_at", "amt": "kwh", "kind": "unit",
        "day": "reading_date", "ev2": "alarms", "id2": "alarm_id", "amt2": "severity",
        "at2": "raised_at", "dim": "sensors", "land": "hall", "since": "installed_on",
        "br": "batch_products", "tag": "product", "hist": "sensor_owners", "plan": "team",
    },
)  # fmt: skip
_TODAY = {
    "duckdb": ("current_date", "today()"),
    "bigquery": ("current_date()", "date(current_timestamp())"),
    "snowflake": ("current_date", "current_date()", "cast(getdate() as date)"),
    "redshift": ("current_date", "trunc(getdate())", "trunc(sysdate)"),
    "postgres": ("current_date", "now()::date"),
}
_NOW = {
    "duckdb": ("current_timestamp", "now()"),
    "bigquery": ("current_timestamp()",),
    "snowflake": ("current_timestamp()", "sysdate()"),
    "redshift": ("getdate()", "sysdate"),
    "postgres": ("now()", "current_timestamp", "clock_timestamp()"),
}
_DATES = {
    "duckdb": ("date '{}'", "cast('{}' as date)", "'{}'::date"),
    "bigquery": ("date '{}'", "date('{}')"),
    "snowflake": ("'{}'::date", "to_date('{}')"),
    "redshift": ("'{}'::date", "cast('{}' as date)"),
    "postgres": ("date '{}'", "'{}'::date"),
}
_AGO = {
    "duckdb": "{} - interval 3 day",
    "bigquery": "date_sub({}, interval 3 day)",
    "snowflake": "dateadd(day, -3, {})",
    "redshift": "dateadd(day, -3, {})",
    "postgres": "{} - interval '3 days'",
}
_DAYS_BETWEEN = {
    "duckdb": "datediff('day', {0}, {1})",
    "bigquery": "date_diff({1}, {0}, day)",
    "snowflake": "datediff(day, {0}, {1})",
    "redshift": "datediff(day, {0}, {1})",
    "postgres": "extract(day from age({1}, {0}))",
}
_AS_TEXT = {
    "duckdb": "strftime({}, '%Y-%m')",
    "bigquery": "format_date('%Y-%m', {})",
    "snowflake": "to_char({}, 'YYYY-MM')",
    "redshift": "to_char({}, 'YYYY-MM')",
    "postgres": "to_char({}, 'YYYY-MM')",
}
_UNNEST = {
    "duckdb": "cross join unnest(e.parts) as u(part)",
    "bigquery": "cross join unnest(e.parts) as part",
    "snowflake": ", lateral flatten(input => e.parts) as part",
    "redshift": "cross join e.parts as part",
    "postgres": "cross join lateral unnest(e.parts) as u(part)",
}
_LIST = {
    "duckdb": "string_agg({0}, ',' order by {0})",
    "bigquery": "string_agg({0}, ',' order by {0})",
    "snowflake": "listagg({0}, ',') within group (order by {0})",
    "redshift": "listagg({0}, ',') within group (order by {0})",
    "postgres": "string_agg({0}, ',' order by {0})",
}
_UUID = {
    "duckdb": "uuid()", "bigquery": "generate_uuid()", "snowflake": "uuid_string()",
    "redshift": "md5(random()::varchar)", "postgres": "gen_random_uuid()",
}  # fmt: skip
_KEYWORDS = (
    "select|distinct|from|where|and|or|group|by|order|left|join|inner|cross|on|using|union|all|as"
    "|with|having|case|when|then|else|end|between|in|is|not|null|over|partition|count|sum|desc"
    "|limit|exists|interval|cast"
)


@dataclass(frozen=True)
class Kind:
    """A kind of model: a text with $names, and the rule that a reviewer would name, or None."""

    name: str
    rule: str | None
    text: str
    dialects: tuple[str, ...] = DIALECTS
    wrapped: bool = True  # may stand in a CTE `final` whose columns the model then selects


@dataclass(frozen=True)
class Labelled:
    """A drawn model and what is right about it."""

    kind: str
    rule: str | None
    dialect: str
    company: Mapping[str, str]
    sql: str

    @property
    def catalog(self) -> Catalog:
        """What is known of its tables."""
        c = self.company
        fact = (c["who"], c["ses"], c["kind"], c["day"])
        return Catalog(
            [
                Table(c["ev"], c["day"], 40_000_000_000, 400, (c["id"],),
                      (c["id"], *fact, c["at"], c["amt"], "parts")),
                Table(c["ev2"], c["day"], 9_000_000_000, 400, (c["id2"],),
                      (c["id2"], c["id"], *fact, c["at2"], c["amt2"])),
                Table(c["dim"], grain=(c["who"],), columns=(c["who"], c["land"], c["since"])),
                Table(c["br"], grain=(c["ses"], c["tag"]), columns=(c["ses"], c["tag"])),
                Table(c["hist"], grain=(c["who"], "valid_from"),
                      columns=(c["who"], c["plan"], "valid_from", "valid_to")),
            ]
        )  # fmt: skip


def draw(kinds: tuple[Kind, ...], seed: int, each: int = 2) -> list[Labelled]:
    """So many models of each kind, in companies, dialects and layouts drawn from the seed."""
    rng = random.Random(seed)
    return [_model(kind, rng) for kind in kinds for _ in range(each)]


def _model(kind: Kind, rng: random.Random) -> Labelled:
    company, dialect = rng.choice(COMPANIES), rng.choice(kind.dialects)
    words = dict(company) | _tables(company, rng) | _moments(company, dialect, rng)
    config, sql = _parted(Template(kind.text.strip()).substitute(words))
    if kind.wrapped and rng.random() < 0.4:
        name = rng.choice(("final", "shaped", "renamed", "result"))
        sql = f"with {name} as (\n\n{_indented(sql)}\n\n)\n\nselect * from {name}"
    layout = rng.choice((_as_it_is, _shouted, _leading_commas, _remarked))
    return Labelled(kind.name, kind.rule, dialect, company, config + layout(sql, rng) + "\n")


def _tables(company: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """Each table as a source, a ref or a plain name."""
    form = rng.choice(("{{{{ source('{0}', '{1}') }}}}", "{{{{ ref('{1}') }}}}", "{0}.{1}",
                       '{{{{ source("{0}", "{1}") }}}}', "{{{{ref('{1}')}}}}"))  # fmt: skip
    tables = ("ev", "ev2", "dim", "br", "hist")
    return {name.upper(): form.format(company["schema"], company[name]) for name in tables}


def _moments(company: Mapping[str, str], dialect: str, rng: random.Random) -> dict[str, str]:
    """Days, moments and filters as this dialect writes them."""
    day, date = company["day"], rng.choice(_DATES[dialect])
    month = rng.randint(2, 9)
    first, last = date.format(f"2026-0{month}-03"), date.format(f"2026-0{month}-21")
    today, bigquery = rng.choice(_TODAY[dialect]), dialect == "bigquery"
    as_of = 'cast(\'{{ var("as_of", "2026-03-01") }}\' as date)'
    bounds = rng.choice((
        "{0} between $FIRST and $LAST", "{0} >= $FIRST and {0} < $LAST", "{0} = $FIRST",
        "{0} >= $FIRST", "{0} = $AS_OF", "{0} in ($FIRST, $LAST)",
    ))  # fmt: skip
    bounds = Template(bounds).substitute(FIRST=first, LAST=last, AS_OF=as_of)
    own = f"(select max({day}) from {{{{ this }}}})"
    return {
        "IN_DAYS": bounds.format(day), "IN_DAYS_E": bounds.format("e." + day),
        "IN_DAYS_R": bounds.format("r." + day), "FIRST": first, "LAST": last, "TODAY": today,
        "NOW": rng.choice(_NOW[dialect]), "AGO_TODAY": _AGO[dialect].format(today),
        "AGO_DAY": _AGO[dialect].format(day), "OWN_LAST": own,
        "AGO_OWN": _AGO[dialect].format(own), "AS_OF": as_of,
        "MONTH_DAY": f"date_trunc({day}, month)" if bigquery else f"date_trunc('month', {day})",
        "MONTH_FIRST": f"date_trunc({first}, month)" if bigquery
        else f"date_trunc('month', {first})",
        "DAYS_BETWEEN": _DAYS_BETWEEN[dialect].format(day, last),
        "AGE": _DAYS_BETWEEN[dialect].format(day, today),
        "TEXT_DAY": _AS_TEXT[dialect].format(day), "UNNEST": _UNNEST[dialect],
        "LIST_KIND": _LIST[dialect].format(company["kind"]), "UUID": _UUID[dialect],
        "RANDOM": "rand()" if bigquery else "random()",
        "TEXT": "string" if bigquery else "varchar",
        "LEAVE_OUT": f"except ({company['ses']})" if bigquery else f"exclude ({company['ses']})",
    }  # fmt: skip


def _parted(text: str) -> tuple[str, str]:
    """The configuration, which stays at the head of the file, and the query."""
    found = re.match(r"\{\{\s*config\(.*?\)\s*\}\}\s*", text, re.DOTALL)
    return (found[0], text[found.end() :]) if found else ("", text)


def _indented(sql: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in sql.splitlines())


def _as_it_is(sql: str, rng: random.Random) -> str:
    return sql


def _shouted(sql: str, rng: random.Random) -> str:
    """Keywords in capitals, outside Jinja, strings and remarks."""
    word = re.compile(rf"\b({_KEYWORDS})\b")
    parts = re.split(r"(\{[{%#].*?[}%#]\}|'[^']*'|--[^\n]*)", sql, flags=re.DOTALL)
    return "".join(
        part if n % 2 else word.sub(lambda m: m[0].upper(), part) for n, part in enumerate(parts)
    )


def _leading_commas(sql: str, rng: random.Random) -> str:
    """A comma at the end of a line goes to the head of the next."""
    return re.sub(r",[ ]*\n(\s*)(?=[a-z])", r"\n\1, ", sql)


def _remarked(sql: str, rng: random.Random) -> str:
    """Remarks that name what a rule looks for."""
    remarks = (
        "-- select * from everything order by 1",
        "/* rebuilt from current_date; select distinct is not needed */",
        "{# order by is left to the dashboard #}",
        "-- TODO: cross join the calendar; where random() < 0.1",
    )
    return rng.choice(remarks) + "\n" + sql + "\n" + rng.choice(remarks[:2])
