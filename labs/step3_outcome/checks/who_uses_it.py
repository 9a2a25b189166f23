"""who-uses-it: small query logs, one for each way to misjudge use, and one of twenty tables.

The page's sentence -> the cases that try it
    In the set is each table that jobs (read or written) or lineage names and nobody uses ->
        one that only its own refresh reads; in the lineage only, built on; in the log only, *;
        refresh, tests, crawler and backup; a machine for which readers are noted
    under its name there -> names that need quotes; one that only its own refresh reads
    a job that writes nothing has an empty destination_table -> one that only its own refresh reads
    One read by one person is use -> one person, once; one person among machines; a person for
        whom no readers are noted; the second table of a query
    cached or not -> a person's cached hit
    in whatever kind of job -> a refresh by a person; a table that a person has made of it
    A read by a delivery account is use if it has readers, however few -> an extract
        with *; an extract without readers
    principals says who an account is -> a machine that is called *; a person who is called *;
        an extract that is called *; tests alone; a crawler alone; a backup alone
    its name says nothing -> a machine that is called *; a person who is called *; an extract that
        is called *
    capitals in it do not count -> a person in capitals *
    A table is used if anything built on it is, at any depth -> behind *; a diamond; views of a
        table that nobody reads
    what is built on a used table is not used by that -> built on a table that people read; a
        diamond of which one side is read; a table that a person has made of it
    What an exposure or the register names (table_name) is used -> an exposure, and no reads;
        the register, and no reads
    and what that is built on -> an exposure of a view; the register names what is built on it;
        the register, two views further; built on what the register names
    whatever its maturity or due date -> an exposure of low maturity; due *
    The 180 days, of 24 hours each, end with the log's last entry -> in the first second of the
        window; a second before the window; a day before the window; an extract, before the
        window; half an hour to each side, *; a log that ended long ago
    whoever made it -> a day before the window; in the log's last second
    both ends belong to them -> in the first second of the window; in the log's last second
    A lineage with a circle in it -> a circle that *
    (a table built on itself is one) raises an error -> a circle that is one table, *
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from labs.dependent import Dependent
from labs.handles.kept import asked
from labs.step3_outcome.world import logcases
from labs.step3_outcome.world.drawnlogs import twenty_tables
from labs.step3_outcome.world.smalllogs import SmallLog
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

FIRST = "one that only its own refresh reads"
PERSON, VIEW = "one person, once", "behind a view"
ALL = "twenty tables, everything at once"
THROUGH = (  # an exposure's or the register's word, handed up the lineage
    "an exposure of a view", "the register names what is built on it",
    "the register, two views further",
)  # fmt: skip
SETS = (
    ("machine-counts", logcases.MACHINES, ()),
    ("person-missed", logcases.PEOPLE, ()),
    ("delivery-missed", logcases.DELIVERIES, ()),
    ("delivery-empty", logcases.EMPTY, ()),
    ("window-wrong", logcases.TIMES, (PERSON,)),
    ("by-name", logcases.NAMES, (PERSON, "an extract with one reader")),
    ("view-hides", logcases.VIEWS, (PERSON,)),
    ("built-on-used", logcases.BELOW, (PERSON,)),
    ("exposure-missed", logcases.EXPOSURES, ()),
    ("register-missed", logcases.REGISTER, ()),
    ("table-missed", logcases.TABLES, ()),
)


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Who reads, what is built on what, what is written down, since when; then all at once."""
    made, names = Dependent(), []

    def case(name: str, log: SmallLog, finding: str, *needs: str, plain: bool = False) -> Case:
        names.append(name)
        run = partial(_cycle if log.cycle else _judged, answer, log, finding)
        if plain:
            run = partial(_judged, answer, log, finding, "person-missed")
        return made.case(name, finding, run, *needs, plain=plain)

    logs = drawn(seed)
    yield case(FIRST, logs[FIRST], "machine-counts", plain=True)
    for finding, sketches, needs in SETS:
        for name in sketches:
            more = (VIEW,) if name in THROUGH else ()
            yield case(name, logs[name], finding, FIRST, *needs, *more)
    for name in logcases.CYCLES:
        yield case(name, logs[name], "cycle-passes", FIRST)
    yield case(ALL, logs[ALL], "unused-differs", *names)


@lru_cache(maxsize=4)
def drawn(seed: int) -> Mapping[str, SmallLog]:
    """The log of each case: the same for every answer, which only sees the tables made of it."""
    sketches = {FIRST: logcases.FIRST, **logcases.CYCLES}
    for _, some, _ in SETS:
        sketches |= some
    logs = {name: sketch.drawn(seed, name) for name, sketch in sketches.items()}
    return logs | {ALL: twenty_tables(seed).drawn(seed, "twenty tables")}


def _asked(answer: Answer, log: SmallLog) -> Any:
    """The outcome of one call, with a connection to the log's tables."""
    return asked(answer, log.script, lambda con: answer.call(con=con))


def _judged(
    answer: Answer, log: SmallLog, finding: str, called: str = ""
) -> Finding | None:  # fmt: skip
    """`called`: the finding where a table that is used is in the set, if that is another one."""
    told = _names(_asked(answer, log).value)
    if told == log.unused:
        return None
    if invented := _invented(log, told):
        return invented
    extra, missing = _last(log, told - log.unused), _last(log, log.unused - told)
    if extra:
        return Finding(called or finding, *_called(log, extra))
    return Finding(finding, *_kept(log, missing))


def _last(log: SmallLog, wrong: set[str] | frozenset[str]) -> str:
    """Of the wrong tables one on which no other is built: the others may follow from it."""
    built_on = {e["upstream"] for e in log.rows["lineage"] if e["downstream"] in wrong}
    return next(iter(sorted(wrong - built_on) or sorted(wrong)), "")


def _names(told: Any) -> set[str]:
    """What was returned as a set of names; raises AnswerFailed."""
    if not isinstance(told, set | frozenset | list | tuple):
        seen = f"it returned {repr(told)[:60]} where a set of names is needed"
        raise AnswerFailed(Failure("TypeError", seen))
    strange = [one for one in told if not isinstance(one, str)]
    if strange:
        seen = f"its set holds {repr(strange[0])[:60]}, which is not the name of a table"
        raise AnswerFailed(Failure("TypeError", seen))
    return set(told)


def _invented(log: SmallLog, told: set[str]) -> Finding | None:
    """A name that no table has; '' is what a job that writes nothing has for one."""
    known = {table for names in _tables(log) for table in names} - {""}
    for name in sorted(told - known):
        why = ": neither jobs nor lineage names it" if name else ", which is not a table"
        return Finding("not-a-table", f"your set holds {name!r:.60}{why}")
    return None


def _tables(log: SmallLog) -> Iterator[Sequence[str]]:
    for edge in log.rows["lineage"]:
        yield edge["downstream"], edge["upstream"]
    for job in log.rows["jobs"]:
        yield *job["referenced_tables"], job["destination_table"]
    for name in ("exposures", "register"):
        yield tuple(row["table_name"] for row in log.rows[name])


def _called(log: SmallLog, table: str) -> tuple[str, list[dict[str, Any]]]:
    """A table that is in the set and should not be: what speaks for it."""
    built = sorted(e["downstream"] for e in log.rows["lineage"] if e["upstream"] == table)
    told = [
        f"the {name.removesuffix('s')} names it"
        for name in ("exposures", "register")
        if any(row["table_name"] == table for row in log.rows[name])
    ]
    told += [f"{' and '.join(built)} built on it"] if built else []
    why = f": {'; '.join(told)}" if told else ""
    return f"{table} is used, and your set holds it{why}", log.reads(table)


def _kept(log: SmallLog, table: str) -> tuple[str, list[dict[str, Any]]]:
    """A table that nobody uses, and that is not in the set: all there is of it."""
    rows = log.reads(table)
    who = f"nobody uses {table}" if rows else f"nothing has read {table}"
    return f"{who}, and your set does not hold it", rows


def _cycle(answer: Answer, log: SmallLog, finding: str) -> Finding | None:
    outcome = _asked(answer, log)
    if outcome.failure is not None:
        return None
    told = len(_names(outcome.value))
    return Finding(finding, f"no error: {told} {'table' if told == 1 else 'tables'} in your set")
