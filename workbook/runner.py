"""Executes pages with parameters, each in a kernel of its own, and says where one stopped."""

from __future__ import annotations

import ast
import asyncio
import atexit
import datetime as dt
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from workbook import pages, syntax, workspace
from workbook.answer import Failure
from workbook.catalog import Lab
from workbook.errors import PageError, UsageError, WorkbookError
from workbook.session import START
from workbook.watching import modules_of

CELL_SECONDS = 300  # a cell of a page that takes longer is stopped
OUTPUT_SECONDS = 60  # how long a busy machine may take to deliver what a cell printed
MOST = 4  # kernels at a time, unless told otherwise


@dataclass(frozen=True)
class PageRun:
    """One page that ran. `output`: its executed copy; `stopped`: the first cell that failed, or "".

    What comes after a cell that raised runs all the same; after one that never ended, or ended the
    kernel, nothing does.
    """

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

    known = papermill.inspect_notebook(_notebook(lab.page, {}))
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            names = ", ".join(known)
            raise UsageError(f"{lab.notebook} has no parameter {name!r}; it has: {names}")
        values[name] = _typed(known[name], text)
    told = {name: value for name, value in values.items() if name not in ("seed", "mode")}
    seed = workspace.checked_seed(values.get("seed", workspace.DEFAULT_SEED))
    if told:
        lab.world(seed, **told)  # raises what the page would, before anything runs
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
    paths: Sequence[Path],
    out: Path,
    parameters: Mapping[str, Any],
    *,
    jobs: int = 0,
    progress: bool = False,
) -> list[PageRun]:
    """Execute pages into `out`, where their verdicts go too (progress.db); in the order given.

    `jobs`: how many at a time, each in a kernel of its own; 0: as many as there are processors,
    at most MOST. A page that stops does not keep the others from running. Raises WorkbookError,
    before anything runs, where a file is not a page.
    """
    notebooks = [_notebook(path, parameters) for path in paths]
    _made(out)
    with asyncio.Runner(loop_factory=_Loop) as loop:
        return loop.run(_run_all(paths, notebooks, out, jobs or _processors(), progress))


class _Loop(asyncio.SelectorEventLoop):
    """A loop in which Ctrl-C ends the run, not only the page that began last."""

    def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError  # as on Windows, which nbclient knows


def _processors() -> int:
    try:
        return min(MOST, len(os.sched_getaffinity(0)))
    except AttributeError:  # not every system tells which are ours
        return min(MOST, os.cpu_count() or 1)


async def _run_all(
    paths: Sequence[Path], notebooks: Sequence[Any], out: Path, jobs: int, progress: bool
) -> list[PageRun]:
    turns, kernels = asyncio.Semaphore(jobs), _quiet_kernels(out)
    with _bars(progress) as bars:

        async def run(path: Path, notebook: Any) -> PageRun:
            shown = bars.add_task(path.name, total=len(notebook.cells), start=False)
            async with turns:
                bars.start_task(shown)
                return await _run_page(
                    path, notebook, out, kernels, lambda done: bars.update(shown, completed=done)
                )

        return list(await asyncio.gather(*map(run, paths, notebooks)))


async def _run_page(
    path: Path, notebook: Any, out: Path, kernels: type, told: Callable[[int], object]
) -> PageRun:
    from nbclient import NotebookClient

    output, last, ended = out / path.name, 0, ""

    def began(cell: Any, cell_index: int) -> None:
        nonlocal last
        last = cell_index
        told(cell_index)

    client = NotebookClient(
        notebook,
        kernel_manager_class=kernels,
        resources={"metadata": {"path": str(path.parent)}},
        startup_timeout=START,
        timeout=CELL_SECONDS,
        allow_errors=True,
        iopub_timeout=OUTPUT_SECONDS,
        raise_on_iopub_timeout=True,
        on_cell_start=began,
    )
    with warnings.catch_warnings(action="ignore"):
        try:
            await client.async_execute()
            told(len(notebook.cells))
        except TimeoutError:
            ended = f"a cell did not end within {CELL_SECONDS} s"
        except RuntimeError as error:
            ended = _first_line(str(error)) or type(error).__name__
            if named := modules_of(path.parent):
                ended += f"; {', '.join(named)} beside it stands in for Python's own: rename it"
        finally:
            # Where the kernel died it leaves this behind, and fails at this process's end.
            atexit.unregister(client._cleanup_kernel)
            _write(notebook, output)
    return PageRun(path, output, _stopped(notebook.cells, last, ended))


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be written: {error.strerror}") from None


def _write(notebook: Any, output: Path) -> None:
    import nbformat

    try:
        nbformat.write(notebook, output)
    except OSError as error:
        raise WorkbookError(f"{output} cannot be written: {error.strerror}") from None


def _bars(progress: bool) -> Any:
    """A bar for each page, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return Progress(*columns, console=Console(stderr=True), disable=not progress)


def _quiet_kernels(out: Path) -> type:
    """Kernels that record to `out`, and whose own warnings and subprocesses print nothing here."""
    from subprocess import DEVNULL

    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class QuietKernels(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            """This Python, whatever else is called python3 on this machine."""
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            options["extra_arguments"] = ["--log-level=ERROR"]
            options["env"] = os.environ | {"WORKBOOK_HOME": str(out)}
            await self._async_start_kernel(**options, stdout=DEVNULL, stderr=DEVNULL)

    return QuietKernels


def _notebook(path: Path, parameters: Mapping[str, Any]) -> Any:
    """A page with papermill's cell of parameters; raises PageError.

    A parameters cell that lost its tag gets it back: without, the page's own values would win.
    """
    import nbformat
    import papermill

    page: pages.Page = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}} | pages.read(path)
    for cell in page["cells"]:
        cell.setdefault("metadata", {})
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    tagged = [n for n, cell in enumerate(page["cells"], 1) if "parameters" in pages.tags(cell)]
    if len(tagged) > 1:  # the last would win over what is asked for
        told = " and ".join(map(str, tagged))
        raise PageError(f"{path.name} has its parameters in cells {told}: delete all but one")
    if not tagged:
        _defining(path, page, "seed")["metadata"]["tags"] = ["parameters"]
    _held(path, page, parameters)
    page["metadata"]["kernelspec"] = pages.KERNEL
    given = nbformat.from_dict(page)
    return papermill.execute_notebook(given, None, dict(parameters), prepare_only=True)


def _defining(path: Path, page: pages.Page, name: str) -> dict[str, Any]:
    for cell in page["cells"]:
        if cell["cell_type"] == "code" and re.search(rf"^{name}\b.*=", cell["source"], re.M):
            found: dict[str, Any] = cell
            return found
    raise PageError(f"{path.name} has no cell with the parameters ({name} and others)")


def _held(path: Path, page: pages.Page, given: Mapping[str, Any]) -> None:
    """Raise PageError where a cell that opens the lab, or one before it, has values of its own."""
    for number, cell in enumerate(page["cells"], 1):
        own = cell["cell_type"] == "code" and not pages.tags(cell)
        for name, value in _set(cell["source"]) if own else ():
            if name in given and value != given[name]:
                raise PageError(
                    f"{path.name}: cell {number} sets {name} itself, so that it would not be "
                    f"{given[name]}: take it out there"
                )
        if own and "open_lab(" in cell["source"]:
            return


def _set(source: str) -> Iterator[tuple[str, Any]]:
    """Names that a cell binds to plain values, and such values passed to `open_lab` by name."""
    tree = syntax.parse(source) or ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (one.id for one in targets if isinstance(one, ast.Name))
            yield from ((name, node.value.value) for name in names)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("open_lab"):
            for passed in call.keywords:
                if passed.arg and isinstance(passed.value, ast.Constant):
                    yield passed.arg, passed.value.value


def _stopped(cells: Sequence[Mapping[str, Any]], last: int, ended: str) -> str:
    """Say where a page stopped, as the learner counts cells, or ""."""
    number = 0
    for index, cell in enumerate(cells):
        number += "injected-parameters" not in pages.tags(dict(cell))
        why = (index == last and ended) or _raised(cell)
        if why:
            return f"cell {number} ({cell.get('id', 'no id')}): {why}"
    return ended


def _raised(cell: Mapping[str, Any]) -> str:
    if "raises-exception" in pages.tags(dict(cell)):
        return ""
    errors = (o for o in cell.get("outputs", ()) if o["output_type"] == "error")
    return next((str(Failure(o["ename"], _first_line(o["evalue"]))) for o in errors), "")


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
