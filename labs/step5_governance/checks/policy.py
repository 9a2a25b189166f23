"""policy: judged by what it decides, role by role, column by column and row by row.

The page's sentence -> the cases that try it
    Each role sees each column by the rule of the first table; -> every role is there;
        the columns that * sees
    a dash: it does not see -> the columns that * sees
    Each role sees the rows of the second table -> the rows that * sees
    fits none of these countries; -> the rows that analyst_eu sees; the rows that support_us sees
    “all rows” includes it -> the rows that intern sees
    a dash: not one row, for rows can be counted -> the tables of which * sees no row
    Whoever has two roles sees a cell -> * in one person
    A column, table or tag that comes later -> a new column in *; a new table; a new tag;
        rows of a new table
    does not name anything -> a new column in *; a new table; a new tag; rows of a new table
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import combinations
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern.policy import NOTHING, RULES, Policy, parse
from labs.step5_governance.world.data import TABLES, Row, northlight
from labs.step5_governance.world.wanted import ROLES, wanted
from labs.step5_governance.world.wanted import RULES as COLUMNS
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

# Countries as rows have them: those that a condition names, others, one unknown, and odd spellings.
PLACES = ("DE", "FR", "US", "GB", "CA", "AU", "NL", None, "us", "de", "US ", "USA", "", "D")
HIDDEN = "-"
EACH = 3  # rows of the company in each of these places
Cells = list[tuple[Any, ...]]  # per row: the rule of each column, or HIDDEN


@dataclass(frozen=True)
class Wrong:
    """A cell that is not shown as the table wants it."""

    roles: tuple[str, ...]
    column: str
    place: str | None
    seen: str
    wanted: str

    @property
    def row(self) -> dict[str, Any]:
        """The cell as a finding shows it."""
        return {"role": " and ".join(self.roles), "column": self.column,
                "country": "NULL" if self.place is None else repr(self.place),
                "sees": _word(self.seen), "should see": _word(self.wanted)}  # fmt: skip

    @property
    def more(self) -> bool:
        """Whether more is shown than is wanted."""
        return _clearness(self.seen) < _clearness(self.wanted)


def _word(rule: str) -> str:
    return "nothing" if rule == HIDDEN else rule


def _clearness(rule: str) -> int:
    return (*RULES, HIDDEN).index(rule)


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each column, each role's rows, two roles together, and what nobody has named."""
    yield Case("a policy that can be read", partial(_readable, answer), "policy-shows", plain=True)
    try:
        policy = parse(answer.text)
    except CannotRun:
        return
    names = [name for name in ROLES if name in policy.roles]

    def case(name: str, judged: Any, finding: str, *more: Any) -> Case:
        return Case(name, partial(judged, policy, *more), finding)

    yield case("every role is there", _roles, "role-missing")
    for role in names:
        yield case(f"the columns that {role} sees", _columns, "policy-shows", role)
    for role in names:
        yield case(f"the rows that {role} sees", _rows, "rows-shown", role, seed)
    for role in names:
        yield case(f"the tables of which {role} sees no row", _countable, "rows-countable", role,
                   seed)  # fmt: skip
    for pair in combinations(names, 2):
        yield case(f"{pair[0]} and {pair[1]} in one person", _pair, "policy-shows", pair, seed)
    for table in TABLES:
        yield case(f"a new column in {table}", _new_column, "new-column-shown", table, seed)
    yield case("a new table", _new_table, "new-column-shown", seed)
    yield case("a new tag", _new_tag, "new-tag-shown", seed)
    yield case("rows of a new table", _later_rows, "rows-countable", seed)


def _readable(answer: Answer) -> None:
    try:
        parse(answer.text)
    except CannotRun as error:
        raise AnswerFailed(Failure("policy", str(error))) from None


def cells(policy: Policy, roles: Sequence[str], table: str, seed: int) -> Cells:
    """By which rule somebody with these roles sees each cell, by running it on rows of all places.

    Raises duckdb.Error for a condition that the table does not understand.
    """
    columns = list(TABLES[table])
    view = policy.view(roles, table, columns)
    found: Cells = [(HIDDEN,) * len(columns) for _ in _placed(table, seed)]
    if not view.columns:
        return found
    query = view.query(table, lambda rule, _: f"'{rule}'")
    cursor = _of_all_places(seed).cursor()
    shown = cursor.execute(query.replace("select ", "select place, ", 1)).fetchall()
    names = list(view.columns)
    for number, *rules in shown:
        by_name = dict(zip(names, rules, strict=True))
        found[number] = tuple(by_name.get(name) or HIDDEN for name in columns)
    return found


@lru_cache(maxsize=4)
def _of_all_places(seed: int) -> duckdb.DuckDBPyConnection:
    """The four tables with the rows of `_placed`."""
    con = duckdb.connect(config={"threads": 1})
    for table, kinds in TABLES.items():
        told = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        con.execute(f"create table {table} (place integer, {told})")
        lists = [list(column) for column in zip(*_placed(table, seed), strict=True)]
        marks = ", ".join(f"unnest(?::{kind}[])" for kind in ("integer", *kinds.values()))
        con.execute(f"insert into {table} select {marks}", lists)
    con.execute("set enable_external_access = false")
    return con


def _placed(table: str, seed: int) -> list[Row]:
    """Some of the company's rows, each once in every place; the number of the row comes first."""
    some = northlight(seed, 60).tables[table][:EACH]
    if "country" not in TABLES[table]:
        return [(number, *row) for number, row in enumerate(some)]
    at = list(TABLES[table]).index("country")
    placed = [(*row[:at], place, *row[at + 1 :]) for place in PLACES for row in some]
    return [(number, *row) for number, row in enumerate(placed)]


def differing(policy: Policy, roles: Sequence[str], table: str, seed: int) -> list[Wrong]:
    """The cells that these roles see otherwise than the table wants."""
    columns = list(TABLES[table])
    pairs = zip(cells(policy, roles, table, seed), cells(wanted(), roles, table, seed), strict=True)
    return [
        Wrong(tuple(roles), f"{table}.{name}", PLACES[number // EACH % len(PLACES)], seen, right)
        for number, (mine, true) in enumerate(pairs)
        for name, seen, right in zip(columns, mine, true, strict=True)
        if seen != right
    ]


def _roles(policy: Policy) -> Finding | None:
    missing = [role for role in ROLES if role not in policy.roles]
    if not missing:
        return None
    seen = f"the policy has no role {', '.join(missing)}; it has: {', '.join(policy.roles)}"
    return Finding("role-missing", seen)


def _all(policy: Policy, roles: Sequence[str], seed: int) -> list[Wrong]:
    with _condition_of(" and ".join(roles)):
        return [wrong for table in TABLES for wrong in differing(policy, roles, table, seed)]


@contextmanager
def _condition_of(who: str) -> Iterator[None]:
    """Raises AnswerFailed for a condition that a table does not understand."""
    try:
        yield
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise AnswerFailed(Failure("condition", f"{who}: {first}")) from None


def _columns(policy: Policy, role: str) -> Finding | None:
    """By which rule a role sees a column, in whichever row it sees clearest."""
    seen, right = _clearest(policy, role), _clearest(wanted(), role)
    wrong = [
        Wrong((role,), column, "", seen[column], right[column])
        for column in COLUMNS
        if seen[column] != right[column]
    ]
    if not wrong:
        return None
    more = [one for one in wrong if one.more]
    rows = [{k: v for k, v in one.row.items() if k != "country"} for one in more or wrong]
    told = f"{role} sees {_many(len(wrong), 'column')} otherwise than the table says"
    lost = all(one.seen == HIDDEN for one in wrong)
    name = "policy-shows" if more else "policy-hides" if lost else "policy-other-mask"
    return Finding(name, told, rows)


def _clearest(policy: Policy, role: str) -> dict[str, str]:
    """The rule of each column, whichever rows there are."""
    return {column: policy.rule(role, *column.split(".")) or HIDDEN for column in COLUMNS}


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _rows(policy: Policy, role: str, seed: int) -> Finding | None:
    """Where the columns are right, what differs are the rows in which they are seen."""
    right = _clearest(wanted(), role)
    same = {column for column, rule in _clearest(policy, role).items() if rule == right[column]}
    wrong = [one for one in _all(policy, [role], seed) if one.column in same]
    more = [one for one in wrong if one.more]
    if not wrong:
        return None
    places = dict.fromkeys("NULL" if o.place is None else repr(o.place) for o in more or wrong)
    told = "sees rows" if more else "does not see rows"
    seen = f"{role} {told} whose country is {', '.join(places)}, in {_tables(more or wrong)}"
    return Finding("rows-shown" if more else "rows-hidden", seen, [o.row for o in (more or wrong)])


def _count(condition: str, table: str, seed: int) -> int:
    """In how many of a table's rows a condition is true; raises duckdb.Error if it has no sense."""
    cursor = _of_all_places(seed).cursor()
    [found] = cursor.execute(f"select count(*) from {table} where {condition}").fetchall()
    return int(found[0])


def _countable(policy: Policy, role: str, seed: int) -> Finding | None:
    """A query that shows no column still counts the rows for which the condition is true."""
    for table in TABLES:
        if wanted().roles[role].condition(table) == NOTHING:
            condition = policy.roles[role].condition(table)
            try:
                counted = bool(_count(condition, table, seed))
            except duckdb.Error:  # a condition on columns of other tables
                counted = True
            if counted:
                seen = f"{role} has rows of {table}, and sees none of its columns"
                return Finding("rows-countable", f"{seen}: the condition is {condition}")
    return None


def _later_rows(policy: Policy, seed: int) -> Finding | None:
    """A table that comes later, with the columns of each of today's tables."""
    for role in policy.roles:
        condition = policy.roles[role].condition(f"export_{seed}")
        for table in TABLES:
            with suppress(duckdb.Error):  # a condition on columns that the table does not have
                if _count(condition, table, seed):
                    seen = f"export_{seed} came today, with the columns of {table}"
                    return Finding("rows-countable", f"{seen}; {role} may count its rows")
    return None


def _tables(wrong: Sequence[Wrong]) -> str:
    return ", ".join(dict.fromkeys(one.column.split(".")[0] for one in wrong))


def _pair(policy: Policy, roles: Sequence[str], seed: int) -> Finding | None:
    """The row of the one with the column of the other must not come out of two right roles."""
    wrong = _all(policy, roles, seed)
    if not wrong:
        return None
    more = [one for one in wrong if one.more]
    told = f"{' and '.join(roles)} in one person see {_many(len(wrong), 'cell')} otherwise"
    return Finding("policy-shows" if more else "policy-hides", told, [o.row for o in more or wrong])


def _new_column(policy: Policy, table: str, seed: int) -> Finding | None:
    for name in ("national_id", f"note_{seed}", "iban_old"):
        seen = _who(policy, table, name)
        if seen:
            return Finding("new-column-shown", f"{table}.{name} came today; {seen}")
    return None


def _new_table(policy: Policy, seed: int) -> Finding | None:
    for table in ("invoices", f"export_{seed}"):
        for name in ("iban", "country", "customer_id"):
            seen = _who(policy, table, name)
            if seen:
                return Finding("new-column-shown", f"the table {table} came today; {seen} {name}")
    return None


def _new_tag(policy: Policy, seed: int) -> Finding | None:
    """Somebody classifies a new column with a tag that no role was asked about."""
    for table in TABLES:
        name = f"{table}.national_id"
        classes: Mapping[str, str] = {**policy.classes, name: f"national_{seed}"}
        seen = _who(replace(policy, classes=classes), table, "national_id")
        if seen:
            return Finding("new-tag-shown", f"{name} came today with a tag of its own; {seen}")
    return None


def _who(policy: Policy, table: str, column: str) -> str:
    """Who sees a column, in words; "" for nobody."""
    rules = {role: policy.rule(role, table, column) for role in policy.roles}
    seen = [f"{role} sees it ({rule})" for role, rule in rules.items() if rule]
    return ", ".join(seen)
