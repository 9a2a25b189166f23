"""role-database: a file holds what its role sees; judged by content, in worlds that differ.

The page's sentence -> the cases that try it
    The file holds, of each table of the schema main -> the file of *; another policy: *
    whatever its name -> another policy: its rows
    No column is an ENUM -> not judged: no base has one
    A column that none of the roles sees masked keeps its type -> the file of *;
        another policy: its rows
    A table of which they see columns and no row is there, empty -> another policy: its rows
    A row of which they see no cell is not there -> another policy: its rows; the file of *
    Nothing else is in it -> what has no rule stays out; no object beside the tables
    Nothing in it depends on what the roles may not see -> other secrets, the file of *;
        another policy: the order of its rows
    A token is the same in every table and every role's file -> one key, two files;
        another policy: its tokens; the file of *
    Another key gives other tokens; -> another key
    the key itself is nowhere in the file -> another key
    Not one byte of a hidden value -> no old bytes: *
    no file lies beside it -> what lies beside the file
    It opens when the base is gone -> the base is gone
    Built again it holds the same rows in the same order -> built again;
        over another role's file; over a text
    An unknown role, or an empty list -> an unknown role: *; no role;
        an unknown role, an older file
    an older file may go -> not judged: whether it is there
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labs.step5_governance.world import bases, club
from labs.step5_governance.world.bases import EXTRAS, HIDDEN, SECRETS, Content
from labs.step5_governance.world.bench import LIES, TEXT, Bench, opened, read
from labs.step5_governance.world.clubfile import CLUB_CASES, Judged
from labs.step5_governance.world.compared import Compared
from labs.step5_governance.world.data import TABLES
from labs.step5_governance.world.wanted import ROLES
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

OTHER_KEY = b"another-key-for-all-role-files"
SIZES = (3_000, 130_000)  # rows; the second fills more than one row group of 122,880
READER = """
classes: {customers.customer_id: open, customers.country: open, customers.note: open,
  customers.iban: bank}
roles: {reader: {rows: {customers: "country = 'DE'"}, show: {open: clear}}}
"""
_PAIRS = (("support_us", "intern"), ("analyst_eu", "support_us"))


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each role's content, then pairs of worlds, what else a base holds, bytes, and the rest."""
    bench = Bench(answer, seed, Path(answer.folder()))

    def case(name: str, judged: Callable[..., Finding | None], finding: str, *more: Any,
             plain: bool = False) -> Case:  # fmt: skip
        return Case(name, partial(judged, bench, *more), finding, plain)

    for number, role in enumerate(ROLES):
        yield case(f"the file of {role}", _holds, "content-wrong", (role,), plain=not number)
    few, many = SIZES
    yield case(f"no old bytes: {few:,} rows", _bytes, "old-bytes", few)
    for pair in _PAIRS:
        yield case(f"the file of {' and '.join(pair)}", _holds, "content-wrong", pair)
    yield case("one key, two files", _joins, "tokens-differ")
    yield case("another key", _key, "key-unused")
    yield case("no object beside the tables", _objects, "extras-in")
    for name, judged, finding in CLUB_CASES:
        yield case(f"another policy: {name}", partial(_of_club, judged), finding)
    yield case(f"no old bytes: {many:,} rows", _bytes, "old-bytes", many)
    for name, role, before in (("built again", "intern", None),
                               ("over another role's file", "intern", "hr"),
                               ("over a text", "hr", "")):  # fmt: skip
        yield case(name, _again, "again-differs", role, before)
    for role in ROLES[:2]:
        yield case(f"other secrets, the file of {role}", _secrets, "secret-shows", (role,))
    yield case("what has no rule stays out", _extras, "extras-in")
    yield case("what lies beside the file", _beside, "beside")
    yield case("the base is gone", _alone, "content-wrong")
    for wrong in (["director"], ["intern", "director"], ["director", "intern"]):
        name = f"an unknown role: {' and '.join(wrong)}"
        yield case(name, _refused, "role-unknown-built", wrong)
    yield case("no role", _refused, "role-unknown-built", [])
    yield case("an unknown role, an older file", _refused_over, "role-unknown-built")


def _holds(bench: Bench, roles: Sequence[str]) -> Finding | None:
    """Tables, columns, types and rows are those that the evaluator shows."""
    if Path(f"{bench.first(roles)}.wal").exists():
        return Finding("beside", "a .wal lies beside the file: a connection is still open")
    found, rules = bench.built(roles), bases.rules(bench.seed, tuple(roles))
    for table, kinds in TABLES.items():
        wrong = _table(bench, found, table, kinds, rules[table])
        if wrong:
            return Finding("content-wrong", f"{' and '.join(roles)}: {wrong}")
    more = sorted(set(found.columns) - set(TABLES))
    return Finding("extras-in", f"the file has the table {more[0]}, too") if more else None


def _table(bench: Bench, found: Content, table: str, kinds: Any, rules: Any) -> str:
    """What is wrong with a table; "" for nothing."""
    names = list(kinds)
    shown = [n for n in names if any(cells[names.index(n)] != HIDDEN for cells in rules)]
    mine = [name for name, _ in found.columns.get(table, ())]
    if sorted(mine) != sorted(shown):
        return f"of {table} it has {_listed(mine)}; seen are {_listed(shown)}"
    if not shown:
        return ""
    types = dict(found.columns[table])
    for name in shown:
        clear = {cells[names.index(name)] for cells in rules} <= {"clear", HIDDEN}
        if clear and types[name].lower() != kinds[name]:
            return f"{table}.{name} is {types[name]}; in the base it is {kinds[name].upper()}"
    return _rows(bench, found, table, rules, mine)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "no column"


def _rows(bench: Bench, found: Content, table: str, rules: Any, mine: Sequence[str]) -> str:
    names = list(TABLES[table])
    right = [(row, cells) for row, cells in zip(bench.company.tables[table], rules, strict=True)
             if set(cells) != {HIDDEN}]  # fmt: skip
    if len(found.rows[table]) != len(right):
        return f"{table} has {len(found.rows[table])} rows; the role sees {len(right)}"
    places = [names.index(name) for name in mine]
    told = [Compared({str(row[p]) for row, cells in right if cells[p] == "clear"},
                  {cells[p] for _, cells in right} - {HIDDEN}) for p in places]  # fmt: skip
    expected = [tuple(one.wanted(row[p], cells[p]) for one, p in zip(told, places, strict=True))
                for row, cells in right]  # fmt: skip
    seen = [tuple(one.seen(v) for one, v in zip(told, row, strict=True))
            for row in found.rows[table]]  # fmt: skip
    if sorted(expected) == sorted(seen):
        return ""
    return f"a row of {table} differs from what the role sees"


def _column(found: Content, table: str, name: str) -> list[Any]:
    names = [n for n, _ in found.columns.get(table, ())]
    if name not in names:
        raise AnswerFailed(Failure("file", f"the file has no {table}.{name}"))
    at = names.index(name)
    return [row[at] for row in found.rows[table]]


def _joins(bench: Bench) -> Finding | None:
    """Orders find their customers, in one file and in the file of another role."""
    one = bench.built(["analyst_eu"])
    two = bench.built(["analyst_eu", "support_us"])  # of customers in the US the number is clear
    customers = set(_column(one, "customers", "customer_id"))
    for name, other in (("the same file", one), ("another file", two)):
        orders = [v for v in _column(other, "orders", "customer_id") if not str(v).isdigit()]
        lost = [v for v in orders if v not in customers]
        if lost:
            seen = f"{len(lost)} of {len(orders)} orders in {name} find no customer"
            return Finding("tokens-differ", seen)
    return None


def _key(bench: Bench) -> Finding | None:
    out = bench.file(["analyst_eu"], key=OTHER_KEY)
    one, two = bench.built(["analyst_eu"]), opened(out)
    shared = set(_column(one, "customers", "phone")) & set(_column(two, "customers", "phone"))
    if shared:
        return Finding("key-unused", f"{len(shared)} phones have one token under two keys")
    data = out.read_bytes()
    for name, form in (("", OTHER_KEY), (" in hex", OTHER_KEY.hex().encode()),
                       (" in base64", base64.b64encode(OTHER_KEY).rstrip(b"="))):  # fmt: skip
        if form in data:
            return Finding("key-unused", f"the key stands in the file's bytes{name}")
    return None


def _objects(bench: Bench) -> Finding | None:
    if bench.all_alike("analyst_eu"):
        return None
    return _more(read(bases.objects, bench.first(["analyst_eu"])))


def _more(objects: Sequence[Sequence[Any]]) -> Finding | None:
    new = [" ".join(str(part) for part in row[:3]) for row in objects]
    return Finding("extras-in", f"the file also holds {', '.join(new[:3])}") if new else None


def _of_club(judged: Judged, bench: Bench) -> Finding | None:
    if club.ROLES not in bench.kept:
        bench.kept[club.ROLES] = opened(bench.club())
    return judged(bench.kept[club.ROLES], bench.seed)


def _unlike(right: Content, other: Content) -> str:
    """The first table whose stored rows differ, in words; "" where none does."""
    if set(right.rows) != set(other.rows):
        return f"it has the tables {', '.join(sorted(other.rows))}"
    for table, rows in right.rows.items():
        others = other.rows[table]
        if rows != others:
            same = sorted(rows, key=str) == sorted(others, key=str)
            count = sum(a != b for a, b in zip(rows, others, strict=False))
            return (
                f"the rows of {table} lie in another order"
                if same
                else f"{table} differs in {count} rows"
            )
    return "" if right == other else "the types of columns differ"


def _secrets(bench: Bench, roles: Sequence[str]) -> Finding | None:
    """Hidden values, hidden rows and the order of the base's rows are others.

    What differs between two files of one base differs by itself.
    """
    if bench.all_alike(*roles):
        return None
    told = _unlike(bench.built(roles), opened(bench.file(roles, SECRETS)))
    if not told:
        return None
    if again := _unlike(bench.built(roles), opened(bench.file(roles))):
        return Finding("again-differs", f"the same base built twice: {again}")
    return Finding("secret-shows", f"only what {roles[0]} may not see was changed, and {told}")


def _extras(bench: Bench) -> Finding | None:
    """A base with views, macros, types, comments, schemas, a new column and a new table."""
    roles = ["support_us"]
    if bench.all_alike(*roles):
        return None
    out = bench.file(roles, EXTRAS)
    found = opened(out)
    new = [("column", t, n) for t, names in found.columns.items() for n, _ in names
           if n not in TABLES.get(t, ())]  # fmt: skip
    new += [("table", table, "") for table in sorted(set(found.columns) - set(TABLES))]
    if more := _more([*new, *read(bases.objects, out)]):
        return more
    told = _unlike(bench.built(roles), found)
    return (
        Finding("extras-in", f"the base has more than tables of main, and {told}") if told else None
    )


def _bytes(bench: Bench, count: int) -> Finding | None:
    base, out = bench.named(f"large-{count}.duckdb"), bench.place()
    data, hidden = bases.large_file(count)
    base.write_bytes(data)
    bench.build(base, out, ["reader"], policy=READER).value  # noqa: B018
    opened(out)
    there = {path: path.read_bytes() for path in out.parent.rglob("*") if path.is_file()}
    base.unlink()
    old = [one for data in there.values() for one in bases.MARK.findall(data) if one in hidden]
    if not old:
        return None
    return Finding("old-bytes", f"{len(hidden):,} hidden values, and some stand in the bytes")


def _beside(bench: Bench) -> Finding | None:
    """Beside any file and, where all bases lie, beside these."""
    bench.first(["intern"])
    more = set(os.listdir(bench.folder)) - bench.mine
    for out in bench.outs.values():
        more |= set(os.listdir(out.parent)) - {out.name}
    return Finding("beside", f"there is also {', '.join(sorted(more)[:3])}") if more else None


def _alone(bench: Bench) -> Finding | None:
    base, out = bench.base(["intern"]), bench.first(["intern"])
    base.unlink()  # it is written anew for the next case
    rows = opened(out).rows
    return (
        None if rows.get("orders") else Finding("content-wrong", "without the base it has no rows")
    )


def _again(bench: Bench, role: str, before: str | None) -> Finding | None:
    """The file of a role, where there was nothing, the file of another role or a text ("")."""
    if bench.all_alike(*(a for a, lies in LIES.items() if before in (None, lies))):
        return None
    right, out = bench.built([role]), bench.place()
    if before is not None:
        out.parent.mkdir()
        out.write_bytes(bench.first([before]).read_bytes() if before else TEXT)
    bench.build(bench.base([role]), out, [role]).value  # noqa: B018
    told = _unlike(right, opened(out))
    return Finding("again-differs", f"for {role} at this place: {told}") if told else None


def _refused(bench: Bench, roles: Sequence[str]) -> Finding | None:
    base, out = bench.base(roles), bench.place()
    outcome = bench.build(base, out, roles)
    if outcome.failure is None:
        return Finding("role-unknown-built", f"for {roles} it raised no error")
    left = os.listdir(out.parent)
    return (
        Finding("role-unknown-built", f"for {roles} it raised, and left a file") if left else None
    )


def _refused_over(bench: Bench) -> Finding | None:
    """The file that was there may be gone; another one in its place is no right one."""
    out, old = bench.place(), bench.first(["intern"]).read_bytes()
    out.parent.mkdir()
    out.write_bytes(old)
    raised = bench.build(bench.base(["intern"]), out, ["intern", "director"]).failure is not None
    if raised and (not out.exists() or out.read_bytes() == old):
        return None
    told = "it raised, and another file lies there" if raised else "it raised no error"
    return Finding("role-unknown-built", f"where a file lies already: {told}")
