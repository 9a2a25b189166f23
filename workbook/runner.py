"""Runs what a learner wrote in processes of its own: whole pages, and one answer for a judge."""

from __future__ import annotations

import ast
import datetime as dt
import logging
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from workbook import lab as labs
from workbook import pages, workspace
from workbook.answer import AnswerTimedOut, Failure
from workbook.callee import Registered
from workbook.catalog import Exercise, Lab
from workbook.errors import PageError, UsageError, WorkbookError
from workbook.judge import judge, seeds_from
from workbook.kernel import START, KernelAnswer
from workbook.local import LocalAnswer
from workbook.results import Result, Verdict

CELL_SECONDS = 300  # a cell of a page that takes longer is stopped
OUTPUT_SECONDS = 60  # how long a busy machine may take to deliver what a cell printed
TEXTS = (".sql", ".yml", ".md")
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


@dataclass(frozen=True)
class Submission:
    """What a file holds for one exercise.

    `source`: the cell or text that counts, "" where there is none; `cells`: what runs, in order;
    `seed`: the world its numbers follow from; `folder`: where it runs; `note`: what is odd, or "".
    """

    source: str
    cells: Sequence[str]
    seed: int
    folder: Path
    note: str = ""
    text: str | None = None


def submission(exercise: Exercise, path: Path, seed: int | None, own: int) -> Submission:
    """Read what a file holds for an exercise; raises WorkbookError where it is no answer file.

    A notebook's seed is the one in its parameters; other files have the learner's `own`; `seed`
    overrides both.
    """
    kind = path.suffix.lower()
    if kind == ".ipynb":
        return _from_page(exercise, path, seed, own)
    textual = not _starter(exercise).names
    if kind == ".py" and not textual:
        return _from_module(exercise, path, own if seed is None else seed)
    if kind in TEXTS and textual:
        text = _read(path)
        return Submission(text, (), own if seed is None else seed, path.parent, text=text)
    wanted = "a .sql, .yml or .md" if textual else "a .py"
    raise UsageError(f"{path.name}: the answer to {exercise.id} is {wanted} file, or an .ipynb")


def judged(exercise: Exercise, given: Submission) -> Result:
    """Judge a submission in a kernel of its own; it ends, whatever the answer does."""
    if not given.source:
        return _said(exercise, Verdict.NOT_YET, given.note)
    if _untouched(exercise, given):
        result = _said(exercise, Verdict.NOT_YET, labs.UNTOUCHED)
    elif given.cells and (broken := _syntax_error(given.source)):
        result = _said(exercise, Verdict.ERROR, broken)
    elif given.text is not None:
        result = judge(exercise, _text_answer(exercise, given), seeds_from(given.seed))
    else:
        result = _judged_apart(exercise, given)
    return replace(result, note=" · ".join(filter(None, (result.note, given.note))))


def _untouched(exercise: Exercise, given: Submission) -> bool:
    starter = _starter(exercise).source
    if given.text is not None:
        return given.text.strip() == _text_in(starter, exercise.id).strip()
    return pages.same(given.source, starter)


def _text_answer(exercise: Exercise, given: Submission) -> LocalAnswer:
    return LocalAnswer(Registered(exercise.id, given.source, text=given.text), exercise.seconds)


def _judged_apart(exercise: Exercise, given: Submission) -> Result:
    kernel = KernelAnswer(
        exercise.id, given.cells, exercise.seconds, cwd=given.folder, text=given.source
    )
    try:
        with kernel:
            result = judge(exercise, kernel, seeds_from(given.seed))
    except AnswerTimedOut:
        return _said(
            exercise, Verdict.TIMED_OUT, "your cell was stopped: does its code come to its end?"
        )
    if f"the exercise {exercise.id!r} is not defined" in result.note and kernel.failures:
        return replace(result, note=f"{kernel.failures[0]}, before {exercise.id} was defined")
    return result


def _from_module(exercise: Exercise, path: Path, seed: int) -> Submission:
    text, note = _read(path), ""
    starter = _starter(exercise)
    if pages.parse(text) is not None and exercise.id not in dict(pages.in_cell(text)):
        names = [name for name in starter.names if name in _defined(text)]
        text += "".join(f'\nlab.exercise("{exercise.id}")({name})' for name in names)
        note = "" if names else f"{path.name} does not define {' or '.join(starter.names)}"
    cells = [*labs.standing_cells(exercise.lab, exercise.id, seed), text]
    return Submission("" if note else text, cells, seed, path.parent, note)


def _from_page(exercise: Exercise, path: Path, seed: int | None, own: int) -> Submission:
    page = pages.read(path)
    seed = _seed_of(page, own) if seed is None else seed
    mentions = pages.answer_cells(page, exercise.id)
    again = f"{exercise.id} stands in {len(mentions)} cells of {path.name}; the last one counts"
    missing = f"{path.name} has no cell for it: `workbook reset {exercise.id}` brings it back"
    note = "" if len(mentions) == 1 else again if mentions else missing
    source = page["cells"][mentions[-1]]["source"] if mentions else ""
    for cell in page["cells"]:
        if "parameters" in pages.tags(cell):
            cell["source"] = workspace.set_parameter(cell["source"], "seed", seed)
    text = _text_in(source, exercise.id) if not _starter(exercise).names else None
    return Submission(source, pages.code_cells(page), seed, path.parent, note, text)


def _starter(exercise: Exercise) -> pages.Found:
    starters = pages.starters(exercise.lab.page)
    if exercise.id not in starters:
        raise WorkbookError(f"{exercise.lab.page.name} has no cell for {exercise.id!r}")
    return starters[exercise.id]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise WorkbookError(f"{path} is not there") from None
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WorkbookError(f"{path} is not text in UTF-8") from None


def _seed_of(page: pages.Page, own: int) -> int:
    try:
        seed = workspace.parameters(page).get("seed")
    except (ValueError, TypeError):
        return own
    return seed if type(seed) is int else own


def _defined(text: str) -> set[str]:
    """The names that a module defines at its top level."""
    tree = pages.parse(text) or ast.Module([], [])
    made = (n.targets for n in tree.body if isinstance(n, ast.Assign))
    named = (n for targets in made for n in targets if isinstance(n, ast.Name))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {n.id for n in named} | {n.name for n in tree.body if isinstance(n, kinds)}


def _text_in(source: str, exercise_id: str) -> str:
    """The text that a cell registers as an answer; "" where it is not written out there."""
    for node in ast.walk(pages.parse(source) or ast.Module([], [])):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            told = [part.value if isinstance(part, ast.Constant) else "" for part in given]
            if len(told) == 2 and told[0] == exercise_id:
                return str(told[1])
    return ""


def _syntax_error(source: str) -> str:
    if pages.parse(source) is not None:
        return ""
    try:
        compile(source, "answer", "exec")
    except SyntaxError as error:
        line = (error.text or "").strip()
        return str(Failure("SyntaxError", error.msg, error.lineno or 0, line))
    except ValueError as error:
        return f"SyntaxError: {error}"
    return "SyntaxError: this cell cannot be read as Python"


def _said(exercise: Exercise, verdict: Verdict, note: str) -> Result:
    return Result(exercise.id, exercise.title, verdict, note=note)
