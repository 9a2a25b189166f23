"""The DuckDB warehouse of every lab: handed to an answer with a kill in it, read by the judge."""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from fieldkit.state.fingerprints import Fingerprint, fingerprint
from labs.handles.connection import Connection, Cursor
from labs.handles.files import Watcher, halve, refuse_other_than_files, removed
from labs.handles.kills import shorten
from labs.handles.patience import limited
from labs.handles.settings import THREADS, plain_plans, put_back
from labs.handles.statements import Settling, only_looks, run
from workbook import Answer, AnswerFailed, Crash, lasting
from workbook.answer import CannotJudge, Failure

if TYPE_CHECKING:
    from workbook.answer import Turn

MEMORY = "memory:"
READING = 20.0  # seconds that the judge reads at a time
SMALL = " (block_size 16384)"  # of a new file; each change of a table writes whole blocks
T = TypeVar("T")
# Nothing can catch it; Windows has another one that is as hard.
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_attached: Counter[str] = Counter()  # how many use each file that is attached now
_readers: dict[str, duckdb.DuckDBPyConnection] = {}  # the judge's, one for each world in memory
_numbers = itertools.count(1)
_templates: dict[str, str] = {}  # setup -> the database in memory that it made
LONG = 1_000  # characters of a setup from which on a copy of what it made is cheaper
MOST_TEMPLATES = 8


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    """This process's one DuckDB; worlds are attached to it, which takes a tenth of opening one."""
    # A frame named in SQL is found although our counting stands between the query and its caller.
    config: dict[str, Any] = {"threads": THREADS, "python_scan_all_frames": "true"}
    return plain_plans(duckdb.connect(config=config))


def _attach(place: str, *, read_only: bool = False) -> str:
    """Attach a file and return its name; memory is attached when it is first used."""
    name = _name(place)
    if place.startswith(MEMORY):
        return name
    option = " (read_only)" if read_only else SMALL if not Path(place).exists() else ""
    _instance().execute(f"attach if not exists '{place}' as {name}{option}")
    _attached[name] += 1
    return name


def _name(place: str) -> str:
    return place.removeprefix(MEMORY) if place.startswith(MEMORY) else Path(place).stem


def _detach(place: str, name: str) -> None:
    """Let a place go; a file is closed when the last one who attached it does.

    Where a request makes several calls, it is closed after the last of them.
    """
    if not place.startswith(MEMORY):
        _attached[name] -= 1
        if not (_attached[name] or lasting.until_the_end(name, _closed)):
            _closed(name)


def _closed(name: str) -> None:
    if not _attached[name]:
        _instance().execute(f"detach {name}")


def _cursor(name: str) -> duckdb.DuckDBPyConnection:
    """A connection to what is attached under a name; memory that is not there yet begins empty."""
    cursor = _instance().cursor()
    try:
        run(cursor, f"use {name}")
    except duckdb.CatalogException:  # an answer let it go
        _attach_memory(name)
        run(cursor, f"use {name}")
    return cursor


def _reader(place: str) -> duckdb.DuckDBPyConnection:
    """The judge's connection to a place; to one in memory it is kept.

    What a connection is asked first takes three times as long as the same asked again.
    """
    name = _name(place)
    if not place.startswith(MEMORY):
        return _cursor(name)
    if name not in _readers:
        _readers[name] = _cursor(name)
    return _readers[name]


def _attach_memory(name: str) -> None:
    _instance().execute(f"attach if not exists ':memory:' as {name}")


def _template(setup: str) -> str:
    """The name of a database in memory that a setup made; the latest ones are kept."""
    if setup not in _templates:
        while len(_templates) >= MOST_TEMPLATES:
            _instance().execute(f"detach {_templates.pop(next(iter(_templates)))}")
        name = f"template_{next(_numbers)}"
        _attach_memory(name)
        _cursor(name).execute(setup)
        _templates[setup] = name
    return _templates[setup]


def _laid_down(path: Path, setup: str) -> bool:
    """Write a new file with what a setup makes; False where something is there already."""
    try:
        with path.open("xb") as file:  # follows no link that an answer may have laid there
            file.write(_file(setup))
    except FileExistsError:
        return False
    return True


@lru_cache(maxsize=MOST_TEMPLATES)
def _file(setup: str) -> bytes:
    """A database file that a setup made: to copy it takes a tenth of making one."""
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder, f"template_{next(_numbers)}.duckdb"))
        name = _attach(place)
        with _cursor(name) as cursor:
            cursor.execute(setup or "select 1")
        _detach(place, name)
        return Path(place).read_bytes()


@dataclass
class Database:
    """Hands out a connection to `place` that counts statements and can die at any of them.

    `crash_before`, `crash_after`: the statement (from 1 on; 0: none) at which the process counts
    as dead. `kill`: really end the process there, by SIGKILL. `watch`: a query that a reader
    runs before every statement; what it saw is in the evidence. `begin`: the connection comes
    inside a transaction, which its owner rolls back at the end. `files`: a folder; operations
    on its files are counted like statements. `half`: die within that one, its files half written.
    """

    place: str
    crash_before: int = 0
    crash_after: int = 0
    kill: bool = False
    watch: str = ""
    begin: bool = False
    files: str = ""
    half: int = 0
    _log: list[str] = field(default_factory=list, init=False)
    _seen: list[list[tuple[Any, ...]]] = field(default_factory=list, init=False)
    _written: Counter[str] = field(default_factory=Counter, init=False)
    _vain_commits: int = field(default=0, init=False)
    _dead: bool = field(default=False, init=False)
    _open: bool = field(default=False, init=False)
    _only_looked: bool = field(default=True, init=False)
    _settling: Settling = field(default_factory=Settling, init=False)
    _cursors: list[Cursor] = field(default_factory=list, init=False)

    def open(self, turn: Turn) -> Connection:
        """Attach the place and return a connection to it."""
        self._name, self._turn = _attach(self.place), turn
        self._reader = _reader(self.place) if self.watch else None
        connection = self.connect()
        if self.begin:
            self._cursors[0].begin()
        self._watcher = Watcher(self.files, self.before) if self.files else None
        if self._watcher:
            self._watcher.start()
        return connection

    def connect(self) -> Connection:
        """Another connection of the same process."""
        cursor = Cursor(_cursor(self._name))
        self._cursors.append(cursor)
        return Connection(self, cursor)

    def close(self) -> None:
        """End every connection; what was not committed is gone, as when a process ends."""
        if self._watcher:
            self._watcher.stop()
            if self.half and len(self._log) >= self.half:
                self._dead = True
                for path, kept in self._watcher.written.items():
                    halve(path, kept)
        left = [cursor.undo() for cursor in self._cursors]
        self._open = not (self.begin or self._dead) and any(left)
        for cursor in self._cursors:
            cursor.duckdb.close()
        if self._reader and not self.place.startswith(MEMORY):
            self._reader.close()
        put_back(_instance())
        _detach(self.place, self._name)

    def evidence(self) -> dict[str, Any]:
        """Statements in order (shortened), rows written by table, what the reader saw, the end.

        `open`: a transaction was left open, or aborted and not rolled back. `only_looked`: no
        statement can have changed what others find there. `settled`: how often it may have changed.
        """
        return {
            "log": self._log,
            "crashed": self._dead,
            "written": dict(self._written),
            "vain_commits": self._vain_commits,
            "seen": self._seen,
            "open": self._open,
            "only_looked": self._only_looked,
            "settled": self._settling.times,
        }

    def before(self, text: str) -> None:
        """A statement is about to run: take a turn, let the reader look, die if it is time."""
        if self._dead:
            raise Crash
        # The turn comes first: nobody acts between the reader's look and the statement.
        self._turn()
        if self._reader:
            seen = run(self._reader, self.watch).fetchall()
            self._seen += [seen] if seen not in self._seen else []
        if len(self._log) + 1 == self.crash_before or len(self._log) == self.half > 0:
            self._die()
        self._log.append(shorten(text))
        self._only_looked = self._only_looked and only_looks(text)
        self._settling.about_to_run(text, alone=len(self._cursors) == 1)
        if self._watcher:
            self._watcher.written.clear()
            self._sizes = self._watcher.sizes()

    def after(self, rows: int, table: str) -> None:
        """A statement ran and wrote so many rows to a table ("": a temporary one)."""
        self._written[table] += rows
        if self._watcher:
            new = self._watcher.sizes().keys() - self._sizes.keys()
            self._watcher.written |= dict.fromkeys(new, 0)
        if len(self._log) in (self.crash_after, self.half):
            self._die()

    def unsettled(self) -> None:
        """A statement ran that may have begun a transaction, on whichever connection."""
        for cursor in self._cursors:
            cursor.may_be_open = True

    def committed_in_vain(self) -> None:
        """A COMMIT ended a transaction that an error had already undone."""
        self._vain_commits += 1

    def _die(self) -> None:
        if self.kill:
            os.kill(os.getpid(), KILL)
        self._dead = True
        for cursor in self._cursors:
            cursor.undo()
        raise Crash


class Warehouse:
    """A fresh database where an answer can reach it, and the judge's way to read it.

    Use as a context manager: the database is dropped at the end.
    """

    def __init__(self, answer: Answer | None = None, setup: str = "", *, place: str = "") -> None:
        self.place = place or (answer.place() if answer else "")
        if self.place.startswith(MEMORY):
            _attach_memory(_name(self.place))
        elif _laid_down(Path(self.place), setup):
            return
        with self._reading(write=True) as cursor:
            if len(setup) > LONG and self.place.startswith(MEMORY):
                cursor.execute(f"copy from database {_template(setup)} to {_name(self.place)}")
            else:
                run(cursor, setup)

    def copied(self, answer: Answer) -> Warehouse | None:
        """A copy of one in memory; None for one in a file, and where DuckDB cannot copy it.

        To copy what an answer has loaded takes a fifth of the time of loading it again.
        """
        if not self.place.startswith(MEMORY):
            return None
        copy = Warehouse(answer)
        try:
            copy.execute(f"copy from database {_name(self.place)} to {_name(copy.place)}")
        except duckdb.Error:
            copy.__exit__()
            return None
        return copy

    def handle(self, **options: Any) -> Database:
        """The connection to hand to the answer; options as in Database."""
        return Database(self.place, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a reader sees now, committed rows only."""
        return self.answers([query])[0]

    def answers(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """What a reader sees now, for several queries."""
        return self._read(lambda cursor: [run(cursor, query).fetchall() for query in queries])

    def has(self, table: str) -> bool:
        """Whether there is a table of that name now."""
        query = "from duckdb_tables() where (database_name, table_name)"
        return bool(self.rows(f"{query} = ('{_name(self.place)}', '{table}')"))

    def fingerprint(self, table: str) -> Fingerprint:
        """The table's fingerprint, as fieldkit takes it."""
        return self._read(lambda cursor: fingerprint(cursor, table))

    def execute(self, statement: str) -> None:
        """Change the world between two calls of the answer."""
        with self._reading(write=True) as cursor:
            run(cursor, statement)

    def _read(self, take: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Read what the answer left, under the judge's own time limit."""
        with self._reading() as cursor:
            try:
                with limited(cursor, READING):
                    return take(cursor)
            except duckdb.InterruptException:
                raise CannotJudge(f"reading its database took more than {READING:g} s") from None
            except duckdb.Error as error:  # no such table, a view of itself, half a file
                raise AnswerFailed(_unreadable(error)) from None

    @contextmanager
    def _reading(self, *, write: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        in_file = not self.place.startswith(MEMORY)
        if in_file:
            refuse_other_than_files(Path(self.place))
        try:
            name = _attach(self.place, read_only=not write)
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise AnswerFailed(Failure("NotADatabase", _first(error))) from None
        cursor = _cursor(name) if write else _reader(self.place)
        try:
            if in_file and not write:
                # A macro of the answer's that is called `sum` would stand in for DuckDB's: names
                # of functions are looked up among DuckDB's own first.
                cursor.execute(f"set search_path = 'system.main,{name}.main'")
            yield cursor
        finally:
            if in_file or write:
                cursor.close()
            _detach(self.place, name)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        if self.place.startswith(MEMORY):
            name = _name(self.place)
            if name in _readers:
                _readers.pop(name).close()
            _instance().execute(f"detach database if exists {name}")
        else:
            removed(Path(self.place))


def _unreadable(error: duckdb.Error) -> Failure:
    told = f"a table that is asked for cannot be read any more: {_first(error)}"
    return Failure("NotThere", told)


def _first(error: duckdb.Error) -> str:
    return next(iter(str(error).strip().splitlines()), "")
