"""What a learner has done so far: attempts, verdicts and help, in work/progress.db."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbook.results import Result, Verdict

_SCHEMA = """
create table if not exists attempts (
    at text not null, exercise text not null, seed integer not null, verdict text not null,
    digest text not null, findings text not null, seconds real not null);
create table if not exists help (
    at text not null, exercise text not null, kind text not null, detail text not null);
create table if not exists savings (
    at text not null, lab text not null, what text not null, kind text not null,
    before real not null, after real not null);
"""
KINDS = ("dollars", "hours", "risk")  # what an improvement is told in
BUSY = 5.0  # seconds to wait for another kernel that is writing
HONEST = 3  # honest attempts after which the solution may be read
SOLUTION, CONTINUED, HINT = "solution", "continue_from", "hint"


@dataclass(frozen=True)
class Saving:
    """A figure of a lab before and after the learner's work: a bill, hours by hand, leaks."""

    lab: str
    what: str
    kind: str  # one of KINDS
    before: float
    after: float


@dataclass(frozen=True)
class Standing:
    """Where one exercise stands. `last`: the newest verdict; `honest`: attempts that count.

    `next_hint`: the first that was not shown, or again the last one if nothing was tried since.
    `finding`: the id of what the newest check found first, or "".
    """

    last: Verdict = Verdict.NOT_YET
    passed: bool = False
    honest: int = 0
    hints: int = 0
    next_hint: int = 1
    helped: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Attempt:
    """One check as it was recorded. `finding`: the id of the first finding, or ""."""

    at: str
    verdict: str
    digest: str
    finding: str
    seconds: float


class Progress:
    """Records progress in a SQLite file, or in memory where `path` is None.

    Never raises for a file that cannot be used: `notice` then says so in one line, and the
    records are kept in memory until the kernel ends.
    """

    def __init__(self, path: Path | None) -> None:
        self.notice = ""
        self._con = self._open(path)
        self._lasting = self.notice

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is None:
            return _prepared(":memory:")
        try:
            return _prepared(str(path))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                return self._in_memory(path, str(error))
        try:
            self.notice = (
                f"{path.name} was damaged; kept as {_set_aside(path).name}, a new one begun"
            )
            return _prepared(str(path))
        except (OSError, sqlite3.Error) as error:
            return self._in_memory(path, str(error))

    def _in_memory(self, path: Path, why: str) -> sqlite3.Connection:
        self.notice = f"progress is not kept: {path.parent.name}/{path.name}: {why}"
        return _prepared(":memory:")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._con:
                yield self._con
        except sqlite3.Error as error:
            self.notice = f"progress is not kept: {error}"
        else:
            self.notice = self._lasting

    def _read(self, query: str, exercise: str) -> list[tuple[str, ...]]:
        try:
            return self._con.execute(query, (exercise,)).fetchall()
        except sqlite3.Error as error:
            self.notice = f"progress cannot be read: {error}"
            return []

    def attempt(self, result: Result, seed: int, digest: str, seconds: float) -> None:
        """Record one check."""
        found = json.dumps([finding.id for finding in result.findings])
        digest = digest.encode("utf-8", "backslashreplace").decode()  # SQLite holds no half letter
        row = (_now(), result.exercise, seed, str(result.verdict), digest, found, seconds)
        with self._writing() as con:
            con.execute("insert into attempts values (?, ?, ?, ?, ?, ?, ?)", row)

    def help(self, exercise: str, kind: str, detail: str = "") -> None:
        """Record that a hint, the solution or a stand-in was given."""
        with self._writing() as con:
            con.execute("insert into help values (?, ?, ?, ?)", (_now(), exercise, kind, detail))

    def standing(self, exercise: str) -> Standing:
        """Where an exercise stands; help given after the first pass does not count."""
        rows = self._read(
            "select at, verdict, digest, findings from attempts where exercise = ? order by rowid",
            exercise,
        )
        given = self._read(
            "select at, kind, detail from help where exercise = ? order by rowid", exercise
        )
        passed = [at for at, verdict, *_ in rows if verdict == Verdict.PASSED]
        seen = [at for at, kind, _ in given if kind != HINT and (not passed or at < passed[0])]
        hints = [(at, _step(told)) for at, kind, told in given if kind == HINT]
        return Standing(
            last=_verdict(rows[-1][1]) if rows else Verdict.NOT_YET,
            passed=bool(passed),
            honest=_honest([(verdict, digest) for _, verdict, digest, _ in rows]),
            hints=len(hints),
            next_hint=_next_hint(hints, [at for at, *_ in rows]),
            helped="solution seen" if seen else "",
            finding=_first(rows[-1][3]) if rows else "",
        )

    def saved(self, saving: Saving) -> None:
        """Record what a lab's proof has found; the newest of the same kind and name counts."""
        row = (_now(), saving.lab, saving.what, saving.kind, saving.before, saving.after)
        with self._writing() as con:
            con.execute("insert into savings values (?, ?, ?, ?, ?, ?)", row)

    def savings(self, lab: str) -> list[Saving]:
        """What a lab's proofs have found, the newest figures, in the order of their first time."""
        rows = self._read(
            "select lab, what, kind, before, after from savings where lab = ? order by rowid", lab
        )
        newest = {(row[1], row[2]): row for row in rows}
        return [Saving(*row) for row in newest.values()]  # type: ignore[arg-type]

    def attempts(self, exercise: str) -> list[Attempt]:
        """Every check of an exercise, the oldest first."""
        rows = self._read(
            "select at, verdict, digest, findings, seconds from attempts where exercise = ?"
            " order by rowid",
            exercise,
        )
        return [Attempt(at, v, text, _first(f), float(s)) for at, v, text, f, s in rows]

    def attempted(self, exercise: str) -> bool:
        """Whether an exercise was ever checked."""
        return bool(self._read("select 1 from attempts where exercise = ? limit 1", exercise))

    def close(self) -> None:
        """Close the file."""
        self._con.close()


def _first(findings: str) -> str:
    """The first id of a JSON list; a record that somebody edited by hand says nothing."""
    try:
        return str(json.loads(findings)[0])
    except (ValueError, LookupError, TypeError):
        return ""


def _verdict(told: str) -> Verdict:
    return Verdict(told) if told in set(Verdict) else Verdict.NOT_YET


def _step(told: str) -> int:
    """The number of a hint; in a record that somebody edited by hand it may be anything."""
    return int(told) if told in ("1", "2", "3") else 1


def _next_hint(hints: list[tuple[str, int]], attempts: list[str]) -> int:
    if not hints:
        return 1
    shown, last = max(step for _, step in hints), hints[-1][0]
    return min(3, shown + 1) if any(at > last for at in attempts) else shown


def _honest(attempts: list[tuple[str, str]]) -> int:
    """Attempts that differ from the starter and from the one before."""
    count, before = 0, ""
    for verdict, digest in attempts:
        if verdict != Verdict.NOT_YET and digest != before:
            count, before = count + 1, digest
    return count


def _prepared(address: str) -> sqlite3.Connection:
    con = sqlite3.connect(address, timeout=BUSY, check_same_thread=False)
    _use_wal(con)
    con.execute("pragma synchronous = normal")
    con.executescript(_SCHEMA)
    found = con.execute("pragma quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    return con


def _use_wal(con: sqlite3.Connection) -> None:
    """SQLite does not wait by itself where two kernels make the file at the same moment."""
    until = time.monotonic() + BUSY
    while True:
        try:
            con.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _set_aside(path: Path) -> Path:
    stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    path.replace(kept)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
    return kept


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
