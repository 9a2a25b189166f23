"""What all exports are loaded into: the tables jobs, costs and edges, and how a row is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.value import names
from fieldkit.value.exports import Export

MILLION = 1_000_000  # costs are whole millionths of a cent, so that sums are exact
PRICES = {
    "tib": "a TiB that BigQuery bills",
    "slot_hour": "an hour of a BigQuery slot",
    "credit": "a Snowflake credit",
    "dbu": "a Databricks DBU",
}
TABLES = """
create table jobs (source varchar, nr bigint, job_id varchar, creation_time timestamp,
    user_email varchar, referenced_tables varchar[], writes varchar[], destination_table varchar,
    micro hugeint, cached boolean, failed boolean);
create table costs (label varchar, tables varchar[], micro hugeint);
create table edges (upstream varchar, downstream varchar, source varchar, nr bigint);
create table span (since timestamp);
"""
# A number that is text of another kind (1,200 or NaN) is NULL: its row is refused, not guessed at.
NUMBER = r"""
create macro number(x) as case when regexp_full_match(trim(x),
    '[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?') then try_cast(trim(x) as double) end
"""
# Casting to TIMESTAMP drops an offset without a word, so this goes by way of TIMESTAMPTZ in UTC.
UTC = r"""
create macro utc(x) as coalesce(make_timestamp(epoch_us(try_cast(x as timestamptz))), case
    when number(x) is null then make_timestamp(epoch_us(try_cast(regexp_replace(
        trim(x), '([0-9]) ?([+-][0-9]{2}):?([0-9]{2})$', '\1\2:\3') as timestamptz)))
    when number(x) between 1e8 and 1e11 then make_timestamp(try_cast(number(x) * 1e6 as bigint))
    when number(x) between 1e11 and 1e14 then make_timestamp(try_cast(number(x) * 1e3 as bigint))
    when number(x) between 1e14 and 1e17 then make_timestamp(try_cast(number(x) as bigint)) end)
"""
NAIVE = r"""
create macro is_naive(x) as case when suffix(x, 'Z') then false else number(x) is null
    and not regexp_matches(trim(x), '(UTC|Z|/[A-Za-z_]+|:[0-9.]+ ?[+-][0-9]{2}(:?[0-9]{2})?)$') end
"""
# A list of tables as each source writes it: names, BigQuery's records, Snowflake's objects.
TABLES_OF = r"""
create macro parts_of(x) as case
    when x is null or trim(x) in ('', '[]', '{}', 'null') then []::varchar[]
    when x like '[%' then coalesce(try(json_extract_string(x, '$[*]')), []::varchar[])
    when x like '{%' then [x] else string_split_regex(trim(x), '\s*[,;]\s*') end;
create macro name_of(e) as case when e not like '{%' then e
    when json_extract_string(e, '$.objectName') is not null then
        case when regexp_matches(lower(coalesce(json_extract_string(e, '$.objectDomain'), 'table')),
            'table|view|stream') then json_extract_string(e, '$.objectName') else '' end
    else concat_ws('.',
        coalesce(json_extract_string(e, '$.project_id'), json_extract_string(e, '$.projectId')),
        coalesce(json_extract_string(e, '$.dataset_id'), json_extract_string(e, '$.datasetId')),
        coalesce(json_extract_string(e, '$.table_id'), json_extract_string(e, '$.tableId'))) end;
create macro tables_of(x) as list_sort(list_distinct(list_filter(
    list_transform(parts_of(x), lambda e: cleaned(name_of(e))), lambda n: is_table(n))));
create macro is_list(x) as x is null or not (x like '[%' or x like '{%') or json_valid(x);
"""


@dataclass
class Logs:
    """Everything loaded so far. `prices`: cents by unit; `notes`: lines for the report."""

    con: duckdb.DuckDBPyConnection
    prices: Mapping[str, float] = field(default_factory=dict)
    currency: str = ""
    notes: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    currency_from: str = ""

    def __post_init__(self) -> None:
        for statement in (names.CLEAN, names.REAL, NUMBER, UTC, NAIVE, TABLES_OF, TABLES):
            self.con.execute(statement)

    def raw(self, export: Export, columns: Mapping[str, str], bad: list[str]) -> None:
        """Fill the table `raw` with expressions over an export; raises CannotRun for a bad row.

        `bad`: branches of a CASE, each a condition and what is said of the row; a column is there
        as found_NAME, so that it is worked out once.
        """
        inner = ", ".join(f"{text} as found_{name}" for name, text in columns.items())
        outer = ", ".join(f"found_{name} as {name}" for name in columns)
        says = f"case {' '.join(bad)} end" if bad else "null::varchar"
        self.con.execute(
            f"create or replace temp table raw as select nr, {outer}, {says} as bad from (select "
            f"row_number() over () + {export.first - 1} as nr, *, {inner} from {export.relation})"
        )
        found = self.con.execute(
            "select count(*), count(bad), min(nr) filter (where bad is not null), "
            "arg_min(bad, nr) filter (where bad is not null) from raw"
        ).fetchall()[0]
        if not found[0]:
            raise CannotRun(f"{export.name} row 1: has no rows; export it again")
        if found[1]:
            more = f" ({found[1] - 1:,} more such rows)" if found[1] > 1 else ""
            raise CannotRun(f"{export.name} row {found[2]}: {found[3]}{more}")

    def naive(self, export: Export, column: str) -> None:
        """Note times without a zone, once for a file; by the column `naive` of raw."""
        found = self.con.execute("select count(*) from raw where naive").fetchall()[0][0]
        if found:
            self.notes.append(
                f"{export.name}: {column} has no time zone in {found:,} rows; taken as UTC. Export "
                "it with an offset if it is not."
            )

    def blank(self, export: Export, column: str, where: str = "true") -> None:
        """Note rows in which a cost is empty, once for a file; by a column of raw."""
        count, first = self.con.execute(
            f"select count(*), min(nr) from raw where {column} is null and {where}"
        ).fetchall()[0]
        if count:
            self.notes.append(
                f"{export.name} row {first}: {column} is empty in {count:,} rows; what these cost "
                "is not known, and not in the bill. Export it, or write 0 where nothing was paid."
            )

    def lists(self, *columns: str) -> None:
        """Fill the table `meant`: the tables that each text in these columns of raw names.

        A log repeats its lists, so that each is parsed once.
        """
        texts = " union ".join(f"select {name} as said from raw" for name in columns)
        self.con.execute(
            f"create or replace temp table meant as select said, tables_of(said) as tables "
            f"from ({texts}) where said is not null"
        )

    def one_currency(self, export: Export, column: str) -> None:
        """Refuse a second currency; `column` of the table raw."""
        rows = self.con.execute(
            f"select upper(trim({column})) as name, min(nr) as first from raw "
            f"where trim({column}) <> '' group by name order by first"
        ).fetchall()
        for name, nr in rows:
            if self.currency and name != self.currency.upper():
                before = self.currency_from or "the map"
                raise CannotRun(
                    f"{export.name} row {nr}: is in {name}, and {before} in {self.currency}; "
                    "convert one of them: a sum of two currencies means nothing"
                )
            self.currency, self.currency_from = name, f"{export.name} row {nr}"

    def price(self, unit: str, export: str) -> float | None:
        """Cents of a unit; None, with a note, where nobody has said what it costs."""
        if unit in self.prices:
            return float(self.prices[unit])
        self.notes.append(
            f"{export}: nobody has said what {PRICES[unit]} costs, so these costs are unknown; "
            f"give --price {unit}=AMOUNT, or prices: in the map."
        )
        return None


def time_of(text: str) -> dict[str, str]:
    """The columns of raw for a time: when it was in UTC, and whether its zone was not said."""
    return {"seen": f"utc({text})", "naive": f"is_naive({text})"}


def not_a_time(column: str, text: str, name: str = "seen") -> str:
    """A branch for `Logs.raw`: the row has no time, or none that can be read."""
    return (
        f"when found_{name} is null then concat('{column} is ', coalesce('''' || left({text}, 40) "
        "|| '''', 'empty'), '; write a time like 2026-01-05T10:00:00Z')"
    )


def not_a_number(column: str, text: str, name: str, *, unless: str = "false") -> str:
    """A branch for `Logs.raw`: text that is not a number, or one below 0."""
    return (
        f"when trim({text}) <> '' and coalesce(found_{name}, -1) < 0 and not ({unless}) then "
        f"concat('{column} is ', left({text}, 40), '; write a plain number from 0, or nothing "
        "where it is not known')"
    )


def not_a_list(column: str, text: str) -> str:
    """A branch for `Logs.raw`: JSON of tables that does not parse."""
    return (
        f"when not is_list({text}) then '{column} is not JSON; export it as JSON text, "
        'such as ["dataset.table"]\''
    )
