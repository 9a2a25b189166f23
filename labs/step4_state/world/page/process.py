"""The night as a process of its own, so that it can really be killed: by signal, not by exception.

Run with a request in JSON: where the warehouse is, which world, when to die, the load's text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labs.handles.database import KILL, Warehouse
from labs.step4_state.world.deliveries import company_days
from labs.step4_state.world.warehouse import source
from workbook import UsageError, perform, registering

KILLED = "killed by the system"
AT_ONCE = 2  # processes beside each other
LIMIT = 120.0  # seconds for one of them


@dataclass(frozen=True)
class Request:
    """One run of the night. `crash_before`: SIGKILL before that statement; 0: runs to its end."""

    place: str
    seed: int
    days: int
    orders_per_day: int
    text: str
    crash_before: int = 0


def load_of(text: str) -> Callable[..., Any]:
    """The last function that a text registers as an answer; raises UsageError if it has none."""
    caught: list[Callable[..., Any]] = []

    class Page:
        """Stands in for `lab` while the text runs."""

        def exercise(self, _: str) -> Callable[[Any], Any]:
            """Remember what is registered."""

            def catch(entry: Any) -> Any:
                caught.append(entry)
                return entry

            return catch

    exec(compile(text, "<night>", "exec"), {"lab": Page(), "__name__": "__night__"})
    if not caught:
        raise UsageError("this text registers no answer: it needs a line @lab.exercise(…)")
    return caught[-1]


def registered(text: str) -> str:
    """The name of that function. The text is not run: it may be somebody's who is judged."""
    names: list[str] = [name for _, found in registering.in_cell(text) for name in found]
    if not names:
        raise UsageError("this text registers no answer: it needs a line @lab.exercise(…)")
    return names[-1]


def run_all(requests: Sequence[Request]) -> list[str]:
    """Run each in a process of its own; how each one ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_run, requests))


def _run(request: Request) -> str:
    """Run one; the last line that it wrote is told if it raised."""
    root = str(Path(__file__).parents[4])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    ran = subprocess.run(
        [sys.executable, "-m", "labs.step4_state.world.page.process"],
        input=json.dumps(asdict(request)),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
        env=os.environ | {"PYTHONPATH": path},
    )
    if ran.returncode in (-KILL, KILL):
        return KILLED
    return "ended well" if ran.returncode == 0 else ran.stderr.strip().splitlines()[-1]


def main() -> None:
    """Run the night that standard input asks for."""
    request = Request(**json.load(sys.stdin))
    days = company_days(request.seed, request.days, request.orders_per_day)
    con = Warehouse(place=request.place).handle(crash_before=request.crash_before, kill=True)
    outcome = perform(load_of(request.text), {"con": con, "source": source(days)}, LIMIT)
    if outcome.failure:
        sys.exit(f"the run raised {outcome.failure}")


if __name__ == "__main__":
    main()
