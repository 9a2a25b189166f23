"""Measures what a user waits for; medians of interleaved rounds, never a verdict: `make bench`."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from tests.labs.bench_company import main as company
from workbook import catalog, judge, render
from workbook.lab import answer_of
from workbook.local import LocalAnswer

IMPORTS = {
    "python, nothing imported": "pass",
    "import workbook": "import workbook",
    "open a lab": "from workbook import open_lab; open_lab({lab!r})",
}


def cpu_of(code: str) -> float:
    """CPU seconds, user and system, of a new Python process that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def checks() -> dict[str, Callable[[], float]]:
    """One measurement per exercise: wall seconds of its check, as a learner waits for it."""
    made = {}
    for lab in catalog.labs():
        for exercise in lab.exercises.values():
            registered = answer_of(lab, exercise.id, exercise.reference.text)
            answer = LocalAnswer(registered, exercise.seconds)
            made[f"check {exercise.id}, wall"] = _timed(exercise, answer)
    return made


def _timed(exercise: catalog.Exercise, answer: LocalAnswer) -> Callable[[], float]:
    def measure() -> float:
        start = time.perf_counter()
        assert judge.judge(exercise, answer, judge.seeds_from(7)).passed
        return time.perf_counter() - start

    return measure


def rounds(measurements: dict[str, Callable[[], float]], count: int) -> dict[str, list[float]]:
    """Measure everything once per round, so that a slow moment falls on all alike."""
    seen: dict[str, list[float]] = {name: [] for name in measurements}
    for _ in range(count):
        for name, measure in measurements.items():
            seen[name].append(measure())
    return seen


def main() -> int:
    """Measure and print a table; exit code 0 whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--orders", type=int, default=10_000_000)
    given = parser.parse_args()
    lab = catalog.labs()[0].id
    measurements: dict[str, Callable[[], float]] = {
        f"{name}, CPU": partial(cpu_of, code.format(lab=lab)) for name, code in IMPORTS.items()
    }
    seen = rounds(measurements | checks(), given.rounds)
    rows = [
        {
            "what": name,
            "median s": f"{median(v):.2f}",
            "min": f"{min(v):.2f}",
            "max": f"{max(v):.2f}",
        }
        for name, v in seen.items()
    ]
    print(f"{given.rounds} interleaved rounds\n{render.table(rows)['text/plain']}")
    made = company(given.orders)
    print(
        f"company, {given.orders:,} orders: {made['seconds']:.1f} s, {made['peak_rss_mib']:.0f} MiB"
    )
    for size in (given.orders // 10, given.orders):  # each in a process of its own, for its peak
        subprocess.run([sys.executable, "-m", "tests.fieldkit.bench_prove", str(size)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
