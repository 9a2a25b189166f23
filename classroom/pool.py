"""Many submissions: a judge's process for each worker, and progress with the time left."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from classroom import intake, judges, reading, rows
from classroom.intake import Entry
from classroom.judges import Options
from classroom.rounds import JudgeProcess
from classroom.rows import Row
from workbook.errors import WorkbookError

Told = Callable[[str], None]


def processors() -> int:
    """How many processors are ours."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells
        return os.cpu_count() or 1


def judged(
    entries: Sequence[Entry], options: Options, results: Path, workers: int, tell: Told
) -> None:
    """Judge entries, each to a row in `results`; those whose row is there already are not here."""
    waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    for entry in entries:
        waiting.put(entry)
    seen = Seen(len(entries), tell)
    failures: list[BaseException] = []
    count = max(1, min(workers, len(entries)))
    # For a single one nothing is imported that it does not need.
    labs = options.labs if len(entries) > 1 else []
    processes = [JudgeProcess(options.isolation, labs) for _ in range(count)]

    def work(one: JudgeProcess) -> None:
        try:
            while not failures:
                row = _row(waiting.get_nowait(), options, one)
                rows.write(results, row)
                seen.one(row)
        except queue.Empty:
            return
        except BaseException as error:  # told by the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=work, args=(one,), daemon=True) for one in processes]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:  # in short steps, so that Ctrl-C is heard
                thread.join(0.1)
    finally:
        for one in processes:
            one.close()
    if failures:
        raise failures[0]


def _row(entry: Entry, options: Options, process: JudgeProcess) -> Row:
    """Judge one learner's submission, to a row, whatever it does."""
    with tempfile.TemporaryDirectory(prefix="workbook-grade-") as scratch:
        found = intake.taken_in(entry, options.wanted, Path(scratch))
        came = process.came(judges.task(entry, found, options))
        if options.pages:
            out, limit = options.pages / entry.learner, options.minutes * 60
            came.notes += reading.executed(found, Path(scratch), out, options.isolation, limit)
    return judges.row(entry, found, came, options)


class Seen:
    """How far it is, and how long it will take."""

    def __init__(self, count: int, tell: Told) -> None:
        self._count, self._tell = count, tell
        self._began, self._done, self._lock = time.monotonic(), 0, threading.Lock()

    def one(self, row: Row) -> None:
        """Another one is done."""
        with self._lock:
            self._done += 1
            left = (time.monotonic() - self._began) / self._done * (self._count - self._done)
            passed = sum(one.passed for one in row.exercises)
            told = f"{passed} of {len(row.exercises)} passed"
            told = told if row.status == rows.JUDGED else row.status
            more = f" · about {duration(left)} left" if self._done < self._count else ""
            self._tell(f"{self._done} of {self._count} · {row.learner}: {told}{more}")


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, as one says them."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def printed(line: str) -> None:
    """A line of progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def alone(results: Path, part: tuple[int, int]) -> Iterator[None]:
    """Keep a second run of the same part out; raises WorkbookError where one is at work here."""
    import psutil

    lock = results / f".grading-{part[0]}-of-{part[1]}"
    own = psutil.Process()
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        owner, began = lock.read_text(encoding="ascii").split()
        if psutil.Process(int(owner)).create_time() == float(began) and int(owner) != own.pid:
            raise WorkbookError(f"{results.name} is being written by another `workbook grade`")
    rows.write_whole(lock, f"{own.pid} {own.create_time()}")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
