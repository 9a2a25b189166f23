"""A cluster of two worker processes on loopback: the rows of the local pool, nothing is lost."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import msgspec
import pytest

from classroom import cluster, grading, intake, judges, policy, pool
from tests.classroom import handed_in
from tests.classroom.conftest import BOTH, ROOT, by_learner, cheap
from tests.classroom.handed_in import MASK

distributed = pytest.importorskip("distributed")
PATIENCE = 120
SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard_address=None) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads={threads}, dashboard_address=None) as worker:
        print(worker.address, flush=True)
        await worker.finished()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def begun():
    """Start a scheduler or a worker; it is ended with the tests."""
    running = []

    def begin(code, *told, threads=1):
        process = subprocess.Popen(
            [sys.executable, "-c", code.format(threads=threads), *told],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in reversed(running):
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def two(begun):
    """A scheduler's address, and its two workers."""
    _, address = begun(SCHEDULER)
    return address, [begun(WORKER, address)[0] for _ in range(2)]


def alike(first, second):
    """Rows with the seconds left out, and what depends on who else is in the folder."""

    def plain(row):
        exercises = [msgspec.structs.replace(e, seconds=0, same_as=None) for e in row.exercises]
        return msgspec.structs.replace(
            row, exercises=exercises, seconds=rows_nothing, digest="", notes=sorted(row.notes)
        )

    rows_nothing = next(iter(first.values())).seconds
    return {k: plain(v) for k, v in first.items()} == {k: plain(v) for k, v in second.items()}


def refused(workbook, tmp_path, address):
    """The one line that is said where a cluster is not taken."""
    handed_in.home(tmp_path / "in/k01", "k01")
    given = ["grade", tmp_path / "in", "--out", tmp_path / "out", *cheap(*BOTH)]
    ran = workbook(*given, "--scheduler", address)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    assert not list(tmp_path.glob("out/rows/*"))
    return ran.err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "ftp://x"])
def test_a_scheduler_that_is_not_there_is_one_line(workbook, tmp_path, monkeypatch, address):
    monkeypatch.setattr(cluster, "REACH", 0.5)
    assert f"--scheduler {address}: no scheduler answers there" in refused(
        workbook, tmp_path, address
    )


def test_another_version_of_scheduler_or_worker_is_one_line(workbook, tmp_path, monkeypatch, two):
    with monkeypatch.context() as patch:
        patch.setattr(distributed.versions, "_version_cached", lambda package: "2020.1.0")
        told = refused(workbook, tmp_path, two[0])
        assert re.search(r"has distributed 20\d\d\.[\d.]+, here it is 2020\.1\.0", told)
    monkeypatch.setattr(cluster, "release", lambda: "9.9.9")
    assert re.search(
        r"the worker tcp://\S+ has release 0\.\S+ \w{12}, here it is 9",
        refused(workbook, tmp_path, two[0]),
    )


def test_a_worker_with_several_threads_is_one_line(workbook, tmp_path, begun, thorough):
    if not thorough:
        pytest.skip("two processes more: with five seeds")
    _, address = begun(SCHEDULER)
    begun(WORKER, address, threads=2)
    assert "start it with --nthreads 1" in refused(workbook, tmp_path, address)


def test_a_worker_killed_in_the_middle_loses_nothing_and_rows_are_the_pool_s(
    workbook, twelve, tmp_path, two
):
    folder, results, _ = twelve
    some = tmp_path / "some"
    ignored = shutil.ignore_patterns("k07-loop")  # ten seconds of a processor; the pool has it
    shutil.copytree(folder, some, ignore=ignored)
    address, workers = two
    out, seen = tmp_path / "out", []

    def kill():
        until = time.monotonic() + PATIENCE
        while not list(out.glob("rows/*.json")) and time.monotonic() < until:
            time.sleep(0.02)
        seen.append(len(list(out.glob("rows/*.json"))))
        workers[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    given = ["grade", some, "--out", out, "--scheduler", address, *cheap(*BOTH)]
    ran = workbook(*given)
    killer.join()
    assert ran.code == 2, "one of them could not be read"
    assert (workers[0].wait(PATIENCE), seen[0] < 10) == (-signal.SIGKILL, True)
    known = by_learner(results)
    assert known.pop("k07")
    assert alike(by_learner(out), known)
    assert len(re.findall(r"of 11 · ", ran.err)) == 11, "each was judged once"
    workers[1].kill()
    workers[1].wait()
    assert workbook(*given).err == "", "all are judged already: nobody is asked"
    assert "has no worker" in refused(workbook, tmp_path / "more", address)


class Lost:
    """A future whose worker was killed."""

    status = "error"

    def exception(self):
        return distributed.KilledWorker("on_worker", None, 3)


def test_what_is_lost_three_times_is_not_judged(tmp_path):
    handed_in.home(tmp_path / "in/k01", "k01", {MASK.id: handed_in.wrong(MASK)})
    options = judges.Options([MASK], 1, 5, "none", {}, "")
    submitted = []
    client = SimpleNamespace(submit=lambda *told, **_: submitted.append(told) or Lost())
    work = cluster._Work(client, options, tmp_path / "out", pool.Seen(1, submitted.append))
    (entry,) = intake.looked([tmp_path / "in/k01"], {}, "", None)
    work._new(entry)
    for _ in range(3):
        (future,) = work._at
        work._taken(future)
    assert len([one for one in submitted if isinstance(one, tuple)]) == 3
    (one,) = by_learner(tmp_path / "out")["k01"].exercises
    assert (one.verdict, one.note) == ("NOT JUDGED", "lost on its workers 3 times: KilledWorker")
    assert grading.exit_code(list(by_learner(tmp_path / "out").values()), policy.Policy({})) == 2
