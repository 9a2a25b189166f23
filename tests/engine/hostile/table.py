"""Prints what hostile answers come to, with the sandbox and without: `python -m …hostile.table`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.engine.hostile.cases import HOSTILE, Hostile
from tests.engine.hostile.ground import copy_of_the_checkout, judged_in

BAD = ("gained", "harmed", "hung", "traceback", "no row", "left")


def main(given: list[str]) -> None:
    """Judge every answer, or those of some kinds, each on a copy of its own that it may harm.

    `given`: isolations, and numbers of kinds.
    """
    kinds = [int(word) for word in given if word.isdigit()]
    isolations = [word for word in given if not word.isdigit()]
    for isolation in isolations or ["bubblewrap", "none"]:
        total = dict.fromkeys(BAD, 0)
        for case in HOSTILE:
            if (case.alone and isolation == "none") or (kinds and case.kind not in kinds):
                continue
            told, bad = came_to(case, isolation)
            total = {name: count + (name in bad) for name, count in total.items()}
            harm = f" ({', '.join(told['harmed'])})" if told.get("harmed") else ""
            verdict = told.get("verdict", "")
            marks = ", ".join(bad) or "held"
            print(f"{isolation:10} {case.kind} {case.name:55} {verdict:10} {marks}{harm}")
            sys.stdout.flush()
        print(isolation, total, flush=True)


def came_to(case: Hostile, isolation: str) -> tuple[dict[str, Any], list[str]]:
    """Judge one answer on a copy of its own: what was told, and which of BAD it came to."""
    with tempfile.TemporaryDirectory() as folder:
        rows = list(judged_in(copy_of_the_checkout(Path(folder)), isolation, [case.name]))
    told = next((row for row in rows if "verdict" in row), {})
    if any("stray" in row for row in rows):  # what the answer wrote there, beside our row
        told["harmed"] = [*told.get("harmed", ()), "the judge's terminal"]
    bad = {
        "gained": told.get("verdict") == "PASSED",
        "harmed": bool(told.get("harmed")),
        "hung": told.get("seconds", 0) > 100,
        "traceback": bool(told.get("trace")),
        "no row": "verdict" not in told,
        "left": bool(told.get("left") or told.get("folders")),
    }
    return told, [name for name in BAD if bad[name]]


if __name__ == "__main__":
    main(sys.argv[1:])
