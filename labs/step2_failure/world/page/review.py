"""What a linter says of an answer: ruff, as a reviewer would run it."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

from labs.step2_failure.world.job import Ingest
from workbook import UsageError, render

RULES = {
    "as it comes": [],
    "with the rules about errors": ["--extend-select", "BLE,S110,S112,S113,TRY,B,SIM105"],
}


def review(function: Ingest) -> render.Shown:
    """Run ruff over a function's text, first as it comes, then with the rules about errors.

    Raises UsageError where ruff is not installed.
    """
    rows = []
    for told, options in RULES.items():
        found = _ruff(inspect.getsource(function), options)
        first = [{"ruff": told, "line": f["location"]["row"], "says": f["message"]} for f in found]
        rows += first or [{"ruff": told, "line": None, "says": "nothing: all checks passed"}]
    return render.rows(rows)


def _ruff(text: str, options: list[str]) -> list[dict[str, dict[str, int]]]:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    command += ["--output-format", "json", "--ignore", "F821", *options, "-"]
    ran = subprocess.run(
        command, input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if ran.returncode > 1 or not ran.stdout:
        told = next(iter(ran.stderr.splitlines()), "no answer")
        raise UsageError(f"ruff did not run: {told}; run `make setup`")
    found: list[dict[str, dict[str, int]]] = json.loads(ran.stdout)
    return sorted(found, key=lambda one: one["location"]["row"])
