"""The warehouse as each principal sees it: a database of its own for every set of roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot

from labs.step5_governance.world.data import TABLES, Row, create, insert, northlight
from labs.step5_governance.world.masking import install, mask
from labs.step5_governance.world.wanted import BOT, PERSONAS, wanted

if TYPE_CHECKING:
    from workbook.answer import Turn

Logged = tuple[str, str, int]  # principal, what was read, rows
MOST_SEEN = 12
_seen: dict[tuple[World5, frozenset[str] | None], duckdb.DuckDBPyConnection] = {}
_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class World5:
    """Which company: its seed, its size, its secrets, and tickets that it has besides."""

    seed: int
    orders_per_day: int = 200
    canary: str = ""
    tickets: tuple[Row, ...] = ()


def seen_by(world: World5, roles: frozenset[str] | None) -> duckdb.DuckDBPyConnection:
    """A database that holds what these roles see, and nothing else; None: everything.

    Columns that they do not see are there and NULL. All values that are masked are text. It is the
    database `seen` of a DuckDB of its own, which goes over to another world when it is not asked
    for any more: to open one takes longer than to fill it.
    """
    seen = _seen.pop((world, roles), None)
    if seen is None:
        seen = _emptied(_seen.pop(next(iter(_seen)))) if len(_seen) >= MOST_SEEN else _opened()
        with _everything(world.seed, world.orders_per_day, world.canary).cursor() as con:
            con.begin()
            insert(con, "tickets", world.tickets)
            for table in TABLES:
                _copy(con, seen, table, roles)
            con.rollback()
    _seen[world, roles] = seen  # as the last one
    return seen


def _opened() -> duckdb.DuckDBPyConnection:
    """A DuckDB that reaches nothing outside of it, with an empty database `seen`."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("attach ':memory:' as seen; use seen")
    con.execute("set enable_external_access = false; set lock_configuration = true")
    return con


def _emptied(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same with nothing in it."""
    try:
        con.execute("use memory; detach seen; attach ':memory:' as seen; use seen")
    except duckdb.Error:  # somebody is still reading
        return _opened()
    return con


@lru_cache(maxsize=2)
def _everything(seed: int, orders_per_day: int, canary: str) -> duckdb.DuckDBPyConnection:
    """All rows of a company, and the masks: made once for all sets of roles and tickets."""
    con = duckdb.connect(config={"threads": 1})
    create(con, northlight(seed, orders_per_day, canary))
    install(con)
    return con


def _copy(
    con: duckdb.DuckDBPyConnection,
    seen: duckdb.DuckDBPyConnection,
    table: str,
    roles: frozenset[str] | None,
) -> None:
    """Create a table in `seen` with what the roles see of it."""
    kinds, query = dict(TABLES[table]), f"from {table}"
    if roles is not None:
        view = wanted().view(sorted(roles), table, kinds)
        masked = {n for n, ways in view.columns.items() if any(w.rule != "clear" for w in ways)}
        kinds |= dict.fromkeys(masked, "varchar")
        shown = ", ".join(n if n in view.columns else "null" for n in kinds)
        query = f"select {shown} from ({view.query(table, mask)})" if view.columns else ""
    told = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    seen.execute(f"create table {table} ({told})")
    rows = con.execute(query).fetchall() if query else []
    if rows:
        marks = ", ".join(f"unnest(?::{kind}[])" for kind in kinds.values())
        lists = [list(column) for column in zip(*rows, strict=True)]
        seen.execute(f"insert into {table} select {marks}", lists)


class Reader:
    """The warehouse that an answer gets: enforces a principal's grants and logs every read."""

    def __init__(
        self,
        world: World5,
        grants: Mapping[str, Sequence[str]],
        down: bool | int,
        turn: Turn = lambda: None,
    ) -> None:
        self._world, self._grants, self._down, self._turn = world, grants, down, turn
        self.log: list[Logged] = []
        self.failed = 0

    def query(self, principal: str, sql: str) -> list[dict[str, Any]]:
        """The rows of a SELECT, as dicts, of what the principal may see.

        A column that the principal may not see is None in every row. Raises ConnectionError while
        the warehouse is down, PermissionError without a principal, duckdb.Error for bad SQL.
        """
        self._begin(principal, lambda: ", ".join(_tables(sql)))
        con = self._cursor(principal)
        found = con.execute(sql)
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        self.log.append((str(principal), ", ".join(_tables(sql)), len(rows)))
        return rows

    def search(self, principal: str, text: str, limit: int = 3) -> list[dict[str, Any]]:
        """The tickets that share most words with a text, best first, of those the principal sees.

        Each is a dict: ticket_id, country, body. Raises ConnectionError while it is down.
        """
        self._begin(principal, lambda: "tickets")
        con = self._cursor(principal)
        tickets = con.execute("select ticket_id, country, body from tickets order by 1").fetchall()
        found = sorted(
            ((-_shared(text, body), number, country, body) for number, country, body in tickets)
        )
        best = [hit for hit in found if hit[0] < 0][: max(0, limit)]
        self.log.append((str(principal), "tickets", len(best)))
        return [
            {"ticket_id": number, "country": country, "body": body}
            for _, number, country, body in best
        ]

    def _begin(self, principal: str, what: Callable[[], str]) -> None:
        """Wait for the turn; a read that fails is in the log, with no rows.

        Without a principal nothing is read, and there is no line in the log.
        """
        self._turn()
        if not principal:
            raise PermissionError("a read without a principal")
        if self._down is True or self._down == len(self.log) + 1:
            self.log.append((str(principal), what(), 0))
            self.failed += 1
            raise ConnectionError("the warehouse does not answer")

    def _cursor(self, principal: str) -> duckdb.DuckDBPyConnection:
        return self._seen(principal).cursor().execute("use seen")

    def _seen(self, principal: str) -> duckdb.DuckDBPyConnection:
        roles = None if principal == BOT else frozenset(self._grants.get(principal, ()))
        return seen_by(self._world, roles)


@lru_cache(maxsize=256)
def _tables(sql: str) -> list[str]:
    """The tables that a SELECT names; DuckDB's own get_table_names raises for a join with USING."""
    parsed = sqlglot.parse_one(sql, dialect="duckdb")
    return sorted({table.name for table in parsed.find_all(sqlglot.exp.Table)})


def _shared(text: str, body: str | None) -> int:
    words = set(_WORD.findall(text.lower())) - {"anything", "the", "and", "about", "tell", "with"}
    return len(words & set(_WORD.findall((body or "").lower())))


@dataclass
class Warehouse:
    """A handle: the warehouse of a company with its grants, and its own log of who read what.

    `grants`: user -> roles; without it those of PERSONAS. `down`: every read raises; with a number,
    only that one, counted from 1.
    """

    seed: int
    orders_per_day: int = 200
    canary: str = ""
    tickets: Iterable[Row] = ()
    grants: Mapping[str, Sequence[str]] = field(default_factory=lambda: dict(PERSONAS))
    down: bool | int = False
    _reader: Reader | None = field(default=None, init=False)

    def open(self, turn: Turn) -> Reader:
        """Return the warehouse that the answer reads from."""
        rows = tuple(tuple(row) for row in self.tickets)
        world = World5(self.seed, self.orders_per_day, self.canary, rows)
        self._reader = Reader(world, self.grants, self.down, turn)
        return self._reader

    def close(self) -> None:
        """Nothing to release: what was read stays in memory for the next one."""

    def evidence(self) -> dict[str, Any]:
        """`log`: principal, what was read, and how many rows, read by read. `failed`: how many."""
        log = [list(one) for one in self._reader.log] if self._reader else []
        return {"log": log, "failed": self._reader.failed if self._reader else 0}
