"""role-database: a file holds what its role sees; judged by content, in worlds that differ.

The page's sentence -> the cases that try it
    The file holds, of each table of the schema main -> the file of *
    clear columns keep their types -> the file of *
    Nothing else is in it -> what has no rule stays out
    nothing in it depends on what the roles may not see -> other secrets, the file of *;
        other tokens, the file of *
    A token is the same in every table -> one key, two files; the file of *
    Another key gives other tokens; -> another key
    the key itself is nowhere in the file -> another key
    Not one byte of a hidden value -> no old bytes: *
    no other file lies beside it -> what lies beside the file
    It opens when the base is gone -> the base is gone
    Built again it holds the same -> built again, and over another role's file
    An unknown role, or an empty list -> an unknown role; no role
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from labs.step5_governance.world import bases
from labs.step5_governance.world.bases import ALIKE, EXTRAS, HIDDEN, SECRETS, TOKENS, Content
from labs.step5_governance.world.data import TABLES, Northlight, northlight
from labs.step5_governance.world.wanted import ROLES, as_yaml
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

KEY, OTHER_KEY = b"one-key-for-all-role-files-2026", b"another-key-for-all-role-files"
SIZES = (3_000, 130_000)  # rows; the second fills more than one row group of 122,880
READER = """
classes: {customers.customer_id: open, customers.country: open, customers.iban: bank}
roles: {reader: {rows: {customers: "country = 'DE'"}, show: {open: clear}}}
"""
T = TypeVar("T")
_PAIRS = (("hr", "intern"),)
_ENDS = ("example.com", "example.org")  # the domains of all customers' mail


@dataclass(frozen=True)
class Bench:
    """A folder for bases and files, and the answer that builds."""

    answer: Answer
    seed: int
    folder: Path
    outs: dict[tuple[str, ...], Path] = field(default_factory=dict)
    kept: dict[tuple[str, ...], Content] = field(default_factory=dict)

    @property
    def company(self) -> Northlight:
        """The rows of the first world."""
        return northlight(self.seed, bases.ORDERS)

    def build(self, base: Path, out: Path, roles: Sequence[str], **other: Any) -> Any:
        """Let the answer build a file; the outcome."""
        out.parent.mkdir(parents=True, exist_ok=True)
        given = {"policy": as_yaml(), "key": KEY} | other
        return self.answer.call(base=str(base), roles=list(roles), out=str(out), **given)

    def base(self, roles: Sequence[str], how: str = ALIKE) -> Path:
        """A base file of a world; the same file for the same world."""
        of = () if how in (ALIKE, EXTRAS) else tuple(roles)
        path = self.folder / f"base-{'-'.join((how, *of))}.duckdb"
        if not path.exists():
            path.write_bytes(bases.file(self.seed, of, how))
        return path

    def file(self, roles: Sequence[str], how: str = ALIKE, **other: Any) -> Path:
        """A file that the answer built just now; raises AnswerFailed."""
        out = self.place()
        self.build(self.base(roles, how), out, roles, **other).value  # noqa: B018  where it raised
        return out

    def place(self) -> Path:
        """Where a file may be built, in a folder of its own."""
        return self.folder / secrets.token_hex(4) / "role.duckdb"

    def first(self, roles: Sequence[str]) -> Path:
        """The file of the first world; built once, however often it is asked for."""
        key = tuple(roles)
        if key not in self.outs:
            self.outs[key] = self.file(roles)
        return self.outs[key]

    def built(self, roles: Sequence[str]) -> Content:
        """What that file holds."""
        key = tuple(roles)
        if key not in self.kept:
            self.kept[key] = opened(self.first(roles))
        return self.kept[key]


def opened(out: Path) -> Content:
    """What a file holds; raises AnswerFailed where it is not there or cannot be read."""
    content: Content = _read(bases.content, out)
    return content


def _read(read: Callable[[Path], T], out: Path) -> T:
    try:
        return read(out)
    except OSError:
        raise AnswerFailed(Failure("FileNotFoundError", "there is no file at out")) from None
    except duckdb.Error as error:
        first = re.split("[\"']", str(error).strip())[0].strip()
        raise AnswerFailed(Failure("file", f"the file at out cannot be opened: {first}")) from None


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each role's content, then pairs of worlds, what else a base holds, bytes, and the rest."""
    bench = Bench(answer, seed, Path(answer.folder()))

    def case(name: str, judged: Callable[..., Finding | None], finding: str, *more: Any,
             plain: bool = False) -> Case:  # fmt: skip
        return Case(name, partial(judged, bench, *more), finding, plain)

    groups: list[tuple[str, ...]] = [*((role,) for role in ROLES), *_PAIRS]
    for number, roles in enumerate(groups):
        name = f"the file of {' and '.join(roles)}"
        yield case(name, _holds, "content-wrong", roles, plain=not number)
    yield case("one key, two files", _joins, "tokens-differ")
    yield case("another key", _key, "key-unused")
    for roles in groups[:2]:
        yield case(f"other secrets, the file of {roles[0]}", _secrets, "secret-shows", roles)
    yield case("other tokens, the file of analyst_eu", _tokens, "secret-shows", groups[0])
    for count in SIZES:
        yield case(f"no old bytes: {count:,} rows", _bytes, "old-bytes", count)
    yield case("what has no rule stays out", _extras, "extras-in")
    yield case("what lies beside the file", _beside, "beside")
    yield case("the base is gone", _alone, "content-wrong")
    yield case("built again, and over another role's file", _again, "again-differs")
    for name, wrong in (("an unknown role", ["intern", "director"]), ("no role", [])):
        yield case(name, _refused, "role-unknown-built", wrong)


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
    expected = sorted((tuple(_comparable(row[p], cells[p], row[p]) for p in places)
                       for row, cells in right), key=str)  # fmt: skip
    rule = {p: next((c[p] for _, c in right if c[p] != HIDDEN), HIDDEN) for p in places}
    seen = sorted((tuple(_comparable(v, rule[p], None) for v, p in zip(row, places, strict=True))
                   for row in found.rows[table]), key=str)  # fmt: skip
    wrong = next((n for n, (a, b) in enumerate(zip(seen, expected, strict=True)) if a != b), None)
    return "" if wrong is None else f"a row of {table} differs from what the role sees"


def _comparable(value: Any, rule: str, true: Any) -> Any:
    """What can be compared of a cell: its value, its year, its end, or that it is a token."""
    if value is None:
        return None
    if rule == "year":
        return int(str(value)[:4])
    if rule == "partial":  # how the rest is written is the answer's to choose
        return next((one for one in _ENDS if str(value).endswith(one)), "nothing")
    if rule == "hmac":
        # A token is told from the value itself; which token it is, is the answer's to choose.
        return "token" if true is not None or not _plain(value) else "clear"
    return value


def _plain(value: Any) -> bool:
    return not isinstance(value, str) or len(value) < 16 or value.startswith("+")


def _hashed(role: str) -> set[str]:
    return {f"{t}.{n}" for t, kinds in TABLES.items() for n in kinds
            if bases.policy().rule(role, t, n) == "hmac"}  # fmt: skip


def _column(found: Content, table: str, name: str) -> list[Any]:
    names = [n for n, _ in found.columns.get(table, ())]
    if name not in names:
        raise AnswerFailed(Failure("file", f"the file has no {table}.{name}"))
    at = names.index(name)
    return [row[at] for row in found.rows[table]]


def _joins(bench: Bench) -> Finding | None:
    """Orders find their customers, in one file and in the file of another role."""
    one = bench.built(["analyst_eu"])
    two = bench.built(["analyst_eu", "hr"])
    customers = set(_column(one, "customers", "customer_id"))
    for name, other in (("the same file", one), ("another file", two)):
        lost = [v for v in _column(other, "orders", "customer_id") if v not in customers]
        if lost:
            total = len(other.rows["orders"])
            seen = f"{len(lost)} of {total} orders in {name} find no customer"
            return Finding("tokens-differ", seen)
    return None


def _key(bench: Bench) -> Finding | None:
    out = bench.file(["analyst_eu"], key=OTHER_KEY)
    one, two = bench.built(["analyst_eu"]), opened(out)
    shared = set(_column(one, "customers", "phone")) & set(_column(two, "customers", "phone"))
    if shared:
        return Finding("key-unused", f"{len(shared)} phones have one token under two keys")
    if OTHER_KEY in out.read_bytes():
        return Finding("key-unused", "the key stands in the file's bytes")
    return None


def _differ(one: Any, two: Any) -> str:
    """The first table whose stored rows differ, in words; "" where none does."""
    for table, rows in one.items():
        if rows != two.get(table):
            pairs = zip(rows, two.get(table, rows), strict=False)
            return f"{table} differs in {sum(a != b for a, b in pairs)} rows"
    return ""


def _secrets(bench: Bench, roles: Sequence[str]) -> Finding | None:
    """Pair A, and the same world twice as a control: what differs then differs by itself."""
    first = bench.first(roles)
    control, other = (bench.file(roles, how) for how in (ALIKE, SECRETS))
    if told := _unlike(bench.built(roles), first, control):
        return Finding("again-differs", f"the same base built twice: {told}")
    if told := _unlike(bench.built(roles), first, other):
        seen = f"only what {roles[0]} may not see was changed, and {told}"
        return Finding("secret-shows", seen)
    return None


def _unlike(right: Content, first: Path, other: Path) -> str:
    """How another file differs from the first one, which holds `right`; "" for not at all."""
    found = opened(other)
    if told := _differ(right.rows, found.rows):
        return told
    alike = right == found and _read(bases.objects, first) == _read(bases.objects, other)
    return "" if alike else "the objects differ"


def _tokens(bench: Bench, roles: Sequence[str]) -> Finding | None:
    """Pair B: only the values behind the tokens differ."""
    hashed = _hashed(roles[0])
    other = opened(bench.file(roles, TOKENS)).numbered(hashed)
    first = bench.built(roles).numbered(hashed)
    told = _differ(first, other)
    if not told:
        return None
    return Finding("secret-shows", f"only the values behind tokens were changed, and {told}")


def _extras(bench: Bench) -> Finding | None:
    """A base with views, macros, types, comments, schemas, a new column and a new table."""
    out = bench.file(["support_us"], EXTRAS)
    found = opened(out)
    new = [f"the column {t}.{n}" for t, names in found.columns.items() for n, _ in names
           if n not in TABLES.get(t, ())]  # fmt: skip
    new += [f"the table {table}" for table in sorted(set(found.columns) - set(TABLES))]
    new += [" ".join(str(part) for part in row[:3]) for row in _read(bases.objects, out)]
    return Finding("extras-in", f"the file also holds {', '.join(new[:3])}") if new else None


def _bytes(bench: Bench, count: int) -> Finding | None:
    base, out = bench.folder / f"large-{count}.duckdb", bench.place()
    data, hidden = bases.large_file(count)
    base.write_bytes(data)
    bench.build(base, out, ["reader"], policy=READER).value  # noqa: B018
    opened(out)
    there = {path: path.read_bytes() for path in out.parent.rglob("*") if path.is_file()}
    base.unlink()
    old = [one for data in there.values() for one in bases.MARK.findall(data) if one in hidden]
    if not old:
        return None
    return Finding("old-bytes", f"{count:,} hidden accounts, and some of them stand in the bytes")


def _beside(bench: Bench) -> Finding | None:
    base, out = bench.base(["intern"]), bench.first(["intern"])
    more = sorted(path.name for path in out.parent.iterdir() if path != out)
    more += sorted(path.name for path in base.parent.glob(f"{base.name}?*"))
    return Finding("beside", f"there is also {', '.join(more[:3])}") if more else None


def _alone(bench: Bench) -> Finding | None:
    base, out = bench.base(["intern"]), bench.first(["intern"])
    base.unlink()  # it is written anew for the next case
    rows = opened(out).rows
    return (
        None if rows.get("orders") else Finding("content-wrong", "without the base it has no rows")
    )


def _again(bench: Bench) -> Finding | None:
    """The file of intern, then hr's in its place, then intern's again."""
    rights = [(bench.first(roles), bench.built(roles), roles) for roles in (["hr"], ["intern"])]
    out = bench.place()
    out.parent.mkdir()
    shutil.copyfile(rights[1][0], out)
    for first, right, roles in rights:
        bench.build(bench.base(roles), out, roles).value  # noqa: B018
        tables = opened(out).rows
        if set(tables) != set(right.rows):
            told = f"it has the tables {', '.join(sorted(tables))}"
        else:
            told = _unlike(right, first, out)
        if told:
            return Finding("again-differs", f"for {roles[0]} at the same place: {told}")
    return None


def _refused(bench: Bench, roles: Sequence[str]) -> Finding | None:
    base, out = bench.base(roles), bench.place()
    outcome = bench.build(base, out, roles)
    if outcome.failure is None:
        return Finding("role-unknown-built", f"for {roles} it raised no error")
    left = os.listdir(out.parent)
    return (
        Finding("role-unknown-built", f"for {roles} it raised, and left a file") if left else None
    )
