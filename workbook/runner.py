"""Executes pages with parameters, each in a kernel of its own, and says where one stopped."""

from __future__ import annotations

import ast
import datetime as dt
import logging
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from workbook import pages
from workbook.answer import Failure
from workbook.catalog import Lab
from workbook.errors import PageError, UsageError, WorkbookError
from workbook.kernel import START

CELL_SECONDS = 300  # a cell of a page that takes longer is stopped
OUTPUT_SECONDS = 60  # how long a busy machine may take to deliver what a cell printed
_INJECTED = {"injected-parameters", "papermill-error-cell-tag"}


@dataclass(frozen=True)
class PageRun:
    """One page that ran. `output`: its executed copy; `stopped`: where and why it ended, or ""."""

    page: Path
    output: Path
    stopped: str = ""


def new_folder(runs: Path) -> Path:
    """Make a folder for one run, named by the time; raises WorkbookError."""
    stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        folder = runs / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if not runs.is_dir():
                break
        except OSError as error:
            raise WorkbookError(f"{runs} cannot be written: {error.strerror}") from None
    raise WorkbookError(f"{runs} is not a folder")


def accepted(lab: Lab, given: Mapping[str, str]) -> dict[str, Any]:
    """Turn parameters as typed into values of their types; raises UsageError.

    Names, types and help are those of the pristine page.
    """
    if not given:
        return {}
    import papermill

    known = papermill.inspect_notebook(_notebook(lab.page))
    values = {}
    for name, text in given.items():
        if name not in known:
            names = ", ".join(known)
            raise UsageError(f"{lab.notebook} has no parameter {name!r}; it has: {names}")
        values[name] = _typed(known[name], text)
    return values


def _typed(parameter: Mapping[str, str], text: str) -> Any:
    kind = parameter["inferred_type_name"]
    try:
        return _KINDS.get(kind, ast.literal_eval)(text)
    except (ValueError, SyntaxError, KeyError):
        told = f"{parameter['name']}: {kind} ({parameter['help']})"
        raise UsageError(f"{text!r} is not a value for {told}") from None


_KINDS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
}


def run_pages(
    paths: Sequence[Path], out: Path, parameters: Mapping[str, Any], *, progress: bool = False
) -> list[PageRun]:
    """Execute pages one after the other into `out`, where their verdicts go too (progress.db).

    A page that stops does not keep the others from running. Raises WorkbookError, before
    anything runs, where a file is not a page.
    """
    notebooks = [_notebook(path) for path in paths]
    return [
        _run_page(path, notebook, out, parameters, progress)
        for path, notebook in zip(paths, notebooks, strict=True)
    ]


def _run_page(
    path: Path, notebook: Any, out: Path, parameters: Mapping[str, Any], progress: bool
) -> PageRun:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    output, ended = out / path.name, ""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(action="ignore"):
        try:
            papermill.execute_notebook(
                notebook,
                str(output),
                dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=progress,
                cwd=str(path.parent),
                kernel_manager_class=_quiet_kernels(out),
                start_timeout=START,
                execution_timeout=CELL_SECONDS,
                iopub_timeout=OUTPUT_SECONDS,
            )
        except PapermillExecutionError:
            pass  # the executed copy tells it, and knows the cells that are meant to raise
        except TimeoutError:
            ended = f"a cell did not end within {CELL_SECONDS} s"
        except RuntimeError as error:
            ended = _first_line(str(error)) or type(error).__name__
    return PageRun(path, output, _stopped(output, ended))


def _quiet_kernels(out: Path) -> type:
    """Kernels that record to `out`, and whose own warnings and subprocesses print nothing here."""
    import os
    from subprocess import DEVNULL

    from jupyter_client.manager import AsyncKernelManager

    class QuietKernels(AsyncKernelManager):
        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            options["extra_arguments"] = ["--log-level=ERROR"]
            options["env"] = os.environ | {"WORKBOOK_HOME": str(out)}
            await self._async_start_kernel(**options, stdout=DEVNULL, stderr=DEVNULL)

    return QuietKernels


def _notebook(path: Path) -> Any:
    """A page as papermill takes it; raises PageError.

    A parameters cell that lost its tag gets it back: without, the page's own values would win.
    """
    import nbformat

    page: pages.Page = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}} | pages.read(path)
    for cell in page["cells"]:
        cell.setdefault("metadata", {})
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    if not any("parameters" in pages.tags(cell) for cell in page["cells"]):
        _defining(path, page, "seed")["metadata"]["tags"] = ["parameters"]
    page["metadata"]["kernelspec"] = {"name": "python3", "language": "python"}
    return nbformat.from_dict(page)


def _defining(path: Path, page: pages.Page, name: str) -> dict[str, Any]:
    for cell in page["cells"]:
        if cell["cell_type"] == "code" and re.search(rf"^{name}\b.*=", cell["source"], re.M):
            found: dict[str, Any] = cell
            return found
    raise PageError(f"{path.name} has no cell with the parameters ({name} and others)")


def _stopped(output: Path, ended: str) -> str:
    """Say where an executed page stopped, as the learner counts cells, or ""."""
    cells = pages.read(output)["cells"] if output.exists() else []
    number = 0
    for cell in cells:
        number += not _INJECTED & set(pages.tags(cell))
        why = (_last_started(cell, cells) and ended) or _raised(cell)
        if why:
            return f"cell {number} ({cell.get('id', 'no id')}): {why}"
    return ended


def _raised(cell: Mapping[str, Any]) -> str:
    if "raises-exception" in pages.tags(dict(cell)):
        return ""
    errors = (o for o in cell.get("outputs", ()) if o["output_type"] == "error")
    return next((str(Failure(o["ename"], _first_line(o["evalue"]))) for o in errors), "")


def _last_started(cell: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> bool:
    started = [c for c in cells if c["metadata"].get("papermill", {}).get("start_time")]
    return bool(started) and cell is started[-1]


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
