"""The cells that this kernel ran, as the learner wrote them: what an answer's text is."""

from __future__ import annotations

import linecache
import sys
from typing import Any

from workbook import pages, registering

_cells: list[str] = []  # newest last; a magic's text, too, of which Python sees only a part
MOST = 2_000  # cells that are remembered


def listen() -> None:
    """Remember every cell that runs from now on; outside of a notebook nothing happens."""
    shell = _shell()
    if shell is not None and _began not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", _began)


def in_notebook() -> bool:
    """Whether somebody's cells run in this process; the engine opens labs elsewhere, too."""
    return _shell() is not None


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def _began(info: Any) -> None:
    _cells.append(str(info.raw_cell))
    del _cells[:-MOST]


def source(frame: Any, exercise: str) -> str:
    """The text of the answer that the code of `frame` registers for an exercise.

    It is the whole cell, magics included, and before it the cells that define what it only
    registers. Outside of a notebook it is the text that was compiled.
    """
    told = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)) if frame else ""
    newest = _cells[-1] if _cells else ""
    if newest and (not told or exercise in dict(registering.in_cell(newest))):
        told = newest if newest.endswith("\n") else newest + "\n"  # as what was compiled ends
    return pages.whole(told, exercise, _cells[-2::-1])
