"""Many machines: submissions go to the workers of a dask.distributed scheduler, rows come back.

A worker needs this release and nothing else: what is judged goes to it as bytes, a record comes
back. It runs no learner's code itself, that is the judge's process, as in the local pool.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import logging
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from classroom import intake, judges, rows
from classroom.intake import Entry, Found
from classroom.judges import Options
from classroom.judging import Task
from classroom.pool import Seen, Told
from classroom.rounds import Came, JudgeProcess
from classroom.rows import Graded
from workbook import catalog, sandbox
from workbook.errors import UsageError, WorkbookError

REACH = 15.0  # seconds for the scheduler to answer
AGAIN = 2  # times that a lost task is handed in again
AHEAD = 2  # tasks for each worker that the scheduler holds
_PARTS = ("workbook", "labs", "fieldkit", "classroom")
_alone = threading.Lock()  # a worker judges one submission at a time
_at_hand: dict[tuple[str, ...], JudgeProcess] = {}  # a worker's own, one at a time
Client: TypeAlias = Any  # of distributed, which is imported when it is needed: half is typed
Future: TypeAlias = Any


class Parcel(msgspec.Struct, forbid_unknown_fields=True):
    """A submission on its way. `files`: their bytes, by the paths that stand in the task."""

    release: str
    labs: list[str]
    task: Task
    files: dict[str, bytes]


@functools.cache
def release() -> str:
    """The version with a digest of engine, labs and checks: machines have to agree on it."""
    whole = hashlib.sha256()
    for part in _PARTS:
        for path in sorted((catalog.root() / part).rglob("*")):
            if path.suffix in (".py", ".toml", ".diff") and path.is_file():
                whole.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{judges.version()} {whole.hexdigest()[:12]}"


def able() -> dict[str, Any]:
    """What a worker says of itself before it gets anything to do."""
    return {"release": release(), "sandbox": sandbox.available()}


def on_worker(packed: bytes) -> bytes:
    """Judge one submission, on a worker; called by the scheduler."""
    parcel = msgspec.msgpack.decode(packed, type=Parcel)
    if parcel.release != release():
        raise WorkbookError(f"this worker has release {release()}, not {parcel.release}")
    with _alone, tempfile.TemporaryDirectory(prefix="workbook-grade-") as scratch:
        for name, content in parcel.files.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        process = _judge_of(parcel.task.isolation, parcel.labs)
        return msgspec.msgpack.encode(process.came(_placed(parcel.task, f"{scratch}/", "")))


def _judge_of(isolation: str, labs: Sequence[str]) -> JudgeProcess:
    """The worker's judge's process, which has imported the checks of these labs."""
    told = (isolation, *labs)
    if told not in _at_hand:
        while _at_hand:
            _at_hand.popitem()[1].close()
        _at_hand[told] = JudgeProcess(isolation, labs)
    return _at_hand[told]


def _placed(task: Task, to: str, away: str) -> Task:
    """A task whose files lie elsewhere: `away` is taken from the front of each path, `to` added."""

    def moved(path: str) -> str:
        return to + path.removeprefix(away) if path else ""

    answers = [(moved(path), ids) for path, ids in task.answers]
    return msgspec.structs.replace(task, answers=answers, record=moved(task.record))


def judged(
    entries: Sequence[Entry], options: Options, results: Path, address: str, tell: Told
) -> None:
    """Judge entries on a scheduler's workers, each to a row in `results`; raises WorkbookError."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # one line is ours to say
    with _client(address) as client, client.as_current():
        _agreed(client, address, options)
        _Work(client, options, results, Seen(len(entries), tell)).done(entries)


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise UsageError("--scheduler needs dask.distributed: pip install .[classroom]") from None


@contextlib.contextmanager
def _client(address: str) -> Iterator[Client]:
    distributed = _distributed()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions, which are compared below
            client: Client = distributed.Client(address, timeout=REACH, set_as_default=False)
    except Exception as error:  # whatever an address that is none leads to
        why = " ".join(str(error).split())[:120]
        raise UsageError(f"--scheduler {address}: no scheduler answers there ({why})") from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def _agreed(client: Client, address: str, options: Options) -> None:
    """Raises UsageError where scheduler and workers are not what they have to be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        versions = client.get_versions()
    mine, theirs = (versions[who]["packages"] for who in ("client", "scheduler"))
    if mine["distributed"] != theirs["distributed"]:
        told = f"distributed {theirs['distributed']}, here it is {mine['distributed']}"
        raise UsageError(f"--scheduler {address} has {told}: install the same release")
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise UsageError(f"--scheduler {address} has no worker: start one on each machine")
    if wide := [name for name, told in workers.items() if told["nthreads"] != 1]:
        raise UsageError(f"the worker {wide[0]} has several threads: start it with --nthreads 1")
    for worker, told in client.run(able, on_error="return").items():
        if not isinstance(told, dict) or told["release"] != release():
            has = told["release"] if isinstance(told, dict) else "none"
            raise UsageError(f"the worker {worker} has release {has}, here it is {release()}")
        if options.isolation == "bubblewrap" and not told["sandbox"]:
            raise UsageError(f"the worker {worker} has no sandbox: --isolation none, or install it")


class _Work:
    """Submissions handed in, taken back as rows, and handed in again where they were lost."""

    def __init__(self, client: Client, options: Options, results: Path, seen: Seen) -> None:
        self._client, self._options = client, options
        self._results, self._seen = results, seen
        self._at: dict[Future, tuple[Entry, Found, bytes, int]] = {}

    def done(self, entries: Sequence[Entry]) -> None:
        """Judge all; only so many are under way that every worker has one waiting."""
        wait = _distributed().wait
        waiting = list(reversed(entries))
        try:
            while waiting or self._at:
                while waiting and len(self._at) < self._room():
                    self._new(waiting.pop())
                ready = wait(list(self._at), return_when="FIRST_COMPLETED").done
                for future in ready:
                    self._taken(future)
        except (OSError, TimeoutError) as error:
            raise WorkbookError(
                f"the scheduler is gone ({type(error).__name__}): run it again, "
                "what is judged already is kept"
            ) from None
        finally:
            self._client.cancel(list(self._at), force=True) if self._at else None

    def _room(self) -> int:
        return max(1, AHEAD * len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def _new(self, entry: Entry) -> None:
        with tempfile.TemporaryDirectory(prefix="workbook-grade-") as scratch:
            found = intake.taken_in(entry, self._options.wanted, Path(scratch))
            task = judges.task(entry, found, self._options)
            packed = msgspec.msgpack.encode(_parcel(task, Path(scratch), self._options))
        self._hand_in(entry, found, packed, 0)

    def _hand_in(self, entry: Entry, found: Found, packed: bytes, again: int) -> None:
        future = self._client.submit(on_worker, packed, pure=False)
        self._at[future] = entry, found, packed, again

    def _taken(self, future: Future) -> None:
        """Take a row back, or hand the task in again."""
        entry, found, packed, again = self._at.pop(future)
        if future.status == "finished":
            came = msgspec.msgpack.decode(future.result(), type=Came)
        elif again < AGAIN:
            return self._hand_in(entry, found, packed, again + 1)
        else:
            came = self._lost(entry, future)
        row = judges.row(entry, found, came, self._options)
        rows.write(self._results, row)
        return self._seen.one(row)

    def _lost(self, entry: Entry, future: Future) -> Came:
        """Nothing came back, three times: that is our fault, and said."""
        why = type(future.exception()).__name__ if future.status == "error" else future.status
        note = f"lost on its workers {AGAIN + 1} times: {why}"
        told = {
            e.id: Graded(step=e.lab.step, id=e.id, core=e.core, verdict=rows.NOT_JUDGED, note=note)
            for e in self._options.wanted
        }
        return Came(told)


def _parcel(task: Task, scratch: Path, options: Options) -> Parcel:
    files = {
        path.relative_to(scratch).as_posix(): path.read_bytes()
        for path in sorted(scratch.rglob("*"))
        if path.is_file()
    }
    return Parcel(release(), options.labs, _placed(task, "", f"{scratch}/"), files)
