"""A grading run: what is to be judged, what is there already, and the files that come of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from classroom import bags, cohort, dashboard, intake, judges, members, pool, rows, tables
from classroom.cohort import Cohort
from classroom.intake import Entry
from classroom.judges import Options
from classroom.policy import Policy
from classroom.rows import Row
from workbook.errors import UsageError, WorkbookError

RUN = "run.json"
_SETTLED = (rows.NOT_JUDGED,)  # a row with such a verdict is judged again


@dataclass(frozen=True)
class Order:
    """What is asked for.

    `again`: also what is judged already; `names`: shown in the dashboard; `part`: the second of
    four machines judges (2, 4), and writes rows only; `scheduler`: the address of a cluster whose
    workers judge, "" for a local pool.
    """

    folder: Path
    out: Path
    options: Options
    workers: int
    policy: Policy
    room: Cohort | None = None
    again: bool = False
    names: bool = False
    part: tuple[int, int] = (1, 1)
    scheduler: str = ""


def graded(order: Order, tell: pool.Told) -> tuple[list[Row], dashboard.Told]:
    """Judge what is in a folder; the rows, and what the run is called."""
    _writable(order.out)
    began = time.monotonic()
    with pool.alone(order.out, order.part):
        entries = found(order)
        number, count = order.part
        own = entries[number - 1 :: count]
        known = {} if order.again else _known(order, own)
        waiting = [one for one in own if one.learner not in known]
        if known and waiting:
            tell(f"{len(known)} of {len(own)} are judged already: continuing")
        _all_judged(order, waiting, tell)
        if count > 1:
            return _rows_of(order, own), _told(order, set(), [], time.monotonic() - began)
        return _settled(order, entries, time.monotonic() - began)


def _all_judged(order: Order, waiting: Sequence[Entry], tell: pool.Told) -> None:
    """Each waiting entry to a row, here or on a cluster."""
    if order.scheduler and waiting:
        from classroom import cluster

        return cluster.judged(waiting, order.options, order.out, order.scheduler, tell)
    return pool.judged(waiting, order.options, order.out, order.workers, tell)


def _rows_of(order: Order, entries: Sequence[Entry]) -> list[Row]:
    return [rows.read(order.out / "rows" / f"{entry.learner}.json") for entry in entries]


def part(text: str) -> tuple[int, int]:
    """Read `2/4`, the second of four parts; raises UsageError."""
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"--part {text}: write 2/4 for the second of four machines")
    return int(number), int(count)


def found(order: Order) -> list[Entry]:
    """The submissions of a folder: its entries, or the folder itself where it is one learner's."""
    folder = order.folder
    if not folder.exists():
        raise UsageError(f"{folder} is not there")
    one = folder.is_file() or (folder / members.MARK).is_file()
    paths = [folder] if one else list(bags.entries(folder, order.out))
    if not paths:
        raise UsageError(f"{folder} is empty: there is nothing to judge")
    learners = order.room.learners if order.room else {}
    return intake.looked(paths, learners, order.options.digest(judges.version()), order.out)


def _writable(out: Path) -> None:
    if out.exists() and not (out / RUN).is_file() and any(out.iterdir()):
        raise UsageError(f"{out} holds other files: name a new folder for the results")
    rows.write_whole(out / RUN, "{}\n") if not (out / RUN).is_file() else None


def _known(order: Order, entries: Sequence[Entry]) -> dict[str, Row]:
    """Rows that an earlier run has left and that would come out the same."""
    known = {}
    for entry in entries:
        try:
            row = rows.read(order.out / "rows" / f"{entry.learner}.json")
        except WorkbookError:
            continue
        if row.digest == entry.digest and not any(e.verdict in _SETTLED for e in row.exercises):
            known[entry.learner] = row
    return known


def _settled(
    order: Order, entries: Sequence[Entry], seconds: float
) -> tuple[list[Row], dashboard.Told]:
    """Write the tables from the rows; rows of learners who are no longer there go."""
    ids = {entry.learner for entry in entries}
    for path in (order.out / "rows").glob("*.json"):
        if path.stem not in ids:
            path.unlink()
    done = rows.alike(rows.read_all(order.out))
    for row in done:
        rows.write(order.out, row)
    told = _told(order, ids, done, seconds)
    publish(order.out, done, order.policy, told)
    rows.write_whole(order.out / RUN, _encoded(_run(order, done, seconds)))
    return done, told


def _told(order: Order, ids: set[str], done: Sequence[Row], seconds: float) -> dashboard.Told:
    learners = order.room.learners if order.room else {}
    return dashboard.Told(
        room=order.room.id if order.room else "",
        took=pool.duration(seconds),
        isolation=order.options.isolation,
        absent=sorted(set(learners) - ids),
        names=cohort.names(order.room) if order.room and order.names else None,
        pages=(order.out / "pages").is_dir(),
    )


def publish(out: Path, done: Sequence[Row], policy: Policy, told: dashboard.Told) -> None:
    """Write CSV, JUnit and the dashboard."""
    rows.write_whole(out / "results.csv", tables.as_csv(told.room, done))
    rows.write_whole(out / "junit.xml", tables.as_junit(done, policy))
    rows.write_whole(out / "index.html", dashboard.page(done, told))


def again(out: Path) -> None:
    """Write the tables of a results folder anew, after its rows were changed."""
    try:
        told = msgspec.json.decode((out / RUN).read_bytes(), type=dict[str, Any])
        required = {str(k): bool(v) for k, v in dict(told["options"]["required"]).items()}
        isolation, room = str(told["isolation"]), str(told["class"])
    except (OSError, msgspec.MsgspecError, LookupError, TypeError, ValueError):
        raise WorkbookError(
            f"{out.name}/{RUN} cannot be read: run `workbook grade` again"
        ) from None
    done = rows.alike(rows.read(path) for path in sorted((out / "rows").glob("*.json")))
    for row in done:
        rows.write(out, row)
    publish(out, done, Policy(required), dashboard.Told(room, "", isolation))


def _run(order: Order, done: Sequence[Row], seconds: float) -> dict[str, Any]:
    import platform

    import duckdb

    return {
        "schema": rows.SCHEMA,
        "class": order.room.id if order.room else "",
        "versions": {
            "engine": judges.version(),
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
        },
        "isolation": order.options.isolation,
        "options": {
            "exercises": [exercise.id for exercise in order.options.wanted],
            "worlds": order.options.worlds,
            "minutes": order.options.minutes,
            "workers": order.workers,
            "required": order.policy.required,
        },
        "learners": len(done),
        "seconds": round(seconds, 1),
    }


def _encoded(told: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def exit_code(done: Sequence[Row], policy: Policy) -> int:
    """0: all judged and the policy met; 1: not met; 2: something could not be judged."""
    lost = {rows.NOT_JUDGED, rows.UNREADABLE}
    if any(one.verdict in lost for row in done for one in row.exercises):
        return 2
    return 0 if policy.met(done) else 1
