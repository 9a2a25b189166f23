"""Readiness codes as a table: who needs which fix before the workshop."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from workbook import catalog
from workbook.errors import WorkbookError

_CODE = re.compile(r"\bOW-\w+-\w+", re.I)
FIXES = {
    "python": "install Python 3.11, 3.12 or 3.13",
    "disk": "free 2.5 GB",
    "folder": "move the workbook to a folder that can be written, with a short path",
    "download": "name the proxy or certificate of the company, or bring a bundle",
    "environment": "python start.py setup --again",
    "versions": "python start.py setup --again",
    "kernelspec": "python start.py setup --again",
    "kernel": "python start.py doctor: it says what keeps a kernel from starting",
    "workbook": "python start.py setup --again",
    "work": "give work/ back to its owner, or set WORKBOOK_HOME to another folder",
}


def table(path: Path) -> list[dict[str, str]]:
    """A line for each code of a file `NAME CODE`: those who need a fix come first."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise WorkbookError(
            f"{path} cannot be read: a text file, a line `NAME CODE` each"
        ) from None
    found = list(_rows(lines))
    if not found:
        raise WorkbookError(f"{path.name} holds no readiness code, such as OW-1B00-OK")
    return sorted(found, key=lambda row: (row["fix"] == "", row["who"]))


def _rows(lines: list[str]) -> Iterator[dict[str, str]]:
    doctor = _doctor()
    for line in filter(str.strip, lines):
        code = _CODE.search(line)
        who = line.replace(code[0], "") if code else line
        who = who.strip(" \t,;:") or "?"
        if code is None:
            yield {"who": who, "machine": "no code", "fix": "python start.py doctor"}
            continue
        try:
            machine, _, faults = doctor.explain(code[0]).rpartition(": ")
        except doctor.Stop:
            yield {"who": who, "machine": f"{code[0]}: not a code", "fix": "send it again"}
            continue
        named = [name for name in faults.split(", ") if name in FIXES]
        yield {"who": who, "machine": machine, "fix": "; ".join(f"{n}: {FIXES[n]}" for n in named)}


def _doctor() -> ModuleType:
    """The checkout's start.py, which knows what a code means."""
    path = catalog.root() / "start.py"
    spec = importlib.util.spec_from_file_location("workbook_start", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise WorkbookError("start.py is not there: readiness codes are read by the checkout's own")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
