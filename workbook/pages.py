"""Notebook files: their exercises found by syntax, their canonical form, their repair."""

from __future__ import annotations

import ast
import errno
import functools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from workbook import registering
from workbook.errors import PageError
from workbook.syntax import code, parse

Page = dict[str, Any]
_CONFLICT = re.compile(r"^\s*(<{7}|>{7}) ", re.M)
_SURROGATE = re.compile("[\ud800-\udfff]")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PYTHON = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}


@dataclass(frozen=True)
class Found:
    """An exercise in a page: the number of its cell, the cell's source and the names it defines."""

    exercise: str
    cell: int
    source: str
    names: tuple[str, ...]


def read(path: Path) -> Page:
    """Read a notebook; raises PageError with one line for whatever is wrong with the file."""
    try:
        text = regular_text(path)
    except FileNotFoundError:
        raise PageError(
            f"{path.name} is not there: look for it with `ls {path.parent.name}`"
        ) from None
    except OSError as error:
        raise PageError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _half_saved(path, "its text") from None
    try:
        return _settled(json.loads(text))
    except json.JSONDecodeError as error:
        if marks := _CONFLICT.search(text):
            line = text.count("\n", 0, marks.start()) + 1
            raise PageError(
                f"{path.name} holds both sides of a conflict that git could not merge (line "
                f"{line}): `git checkout --ours {path.name}` or `--theirs`, or the copy in backup/"
            ) from None
        raise _half_saved(path, f"line {error.lineno}") from None
    except RecursionError:
        raise _half_saved(path, "it is nested too deeply") from None
    except (KeyError, TypeError, AttributeError):
        raise PageError(
            f"{path.name} is not a Jupyter notebook (version 4): open and save it in JupyterLab"
        ) from None


def regular_text(path: Path) -> str:
    """The text of a regular file, without a byte order mark; raises OSError, UnicodeDecodeError.

    Anything else in its place, such as a FIFO, would make who opens it wait for ever.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return path.read_text(encoding="utf-8-sig")


def _half_saved(path: Path, where: str) -> PageError:
    return PageError(
        f"{path.name} is half saved or broken ({where}): save it again, or move "
        "it away and run `workbook start`"
    )


def _settled(page: Any) -> Page:
    """A notebook whose sources are texts and whose metadata are there; raises for anything else."""
    for cell in page["cells"]:
        cell["source"] = "".join(cell["source"])
        cell["cell_type"].strip()
        if "metadata" in cell and not isinstance(cell["metadata"], dict):
            cell["metadata"] = {}
    if not isinstance(page.get("metadata", {}), dict):
        page["metadata"] = {}
    return dict(page)


def write(path: Path, page: Page) -> None:
    """Write a notebook as Jupyter does; the old file stays whole until the new one is."""
    page = page | {"cells": [cell | {"source": _lines(cell["source"])} for cell in page["cells"]]}
    text = json.dumps(page, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if _SURROGATE.search(text):  # UTF-8 has no form for half a character, JSON has
        text = json.dumps(page, indent=1, sort_keys=True) + "\n"
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PageError(f"{path.name} cannot be written: {error.strerror}") from None


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def code_cells(page: Page) -> list[str]:
    """The sources of the code cells, in order."""
    return [cell["source"] for cell in page["cells"] if cell["cell_type"] == "code"]


def setup_cells(page: Page) -> list[str]:
    """The cells that every answer needs: parameters, and the one that opens the lab."""
    tagged = [c["source"] for c in page["cells"] if "parameters" in tags(c)]
    opening = [source for source in code_cells(page) if "open_lab(" in source]
    return tagged + opening[:1]


def tags(cell: dict[str, Any]) -> list[str]:
    """The tags of a cell."""
    found = cell.get("metadata", {}).get("tags")
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def defined(source: str) -> set[str]:
    """The names that a cell or module defines at its top level."""
    tree = parse(source) or ast.Module([], [])
    made = (n.targets for n in tree.body if isinstance(n, ast.Assign))
    named = (n for targets in made for n in targets if isinstance(n, ast.Name))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {n.id for n in named} | {n.name for n in tree.body if isinstance(n, kinds)}


def whole(source: str, exercise: str, others: Sequence[str]) -> str:
    """The text of an answer: its cell, and before it those that define what it only registers.

    `others`: the sources of other code cells, those first in which a name is looked for first.
    """
    known, binding = registering.of_others(source, others)
    registered = dict(registering.in_cell(source, known)).get(exercise, ())
    there = bound(source)
    missing = [name for name in registered if name not in there]
    found = (next((o for o in others if name in defined(o)), "") for name in missing)
    return "\n\n".join([*dict.fromkeys(filter(None, [*found, *binding])), source])


@functools.lru_cache(maxsize=512)
def bound(source: str) -> frozenset[str]:
    """The names that a cell defines anywhere."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    tree = parse(source) or ast.Module([], [])
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, kinds)) | defined(source)


def answer(page: Page, exercise: str) -> str:
    """The text of the answer that counts on a page; "" where there is none."""
    numbers = answer_cells(page, exercise)
    if not numbers:
        return ""
    cells = [c["source"] if c["cell_type"] == "code" else "" for c in page["cells"]]
    before, after = cells[: numbers[-1]], cells[numbers[-1] + 1 :]
    return whole(cells[numbers[-1]], exercise, [*reversed(before), *after])


def exercises(page: Page) -> list[Found]:
    """Every `lab.exercise("…")` of the page, in order; cells that do not parse have none."""
    found, known = [], dict[str, str]()
    for number, cell in enumerate(page["cells"]):
        if cell["cell_type"] == "code":
            source = cell["source"]
            found += [Found(e, number, source, n) for e, n in registering.in_cell(source, known)]
            known |= registering.names(source, known)
    return found


def answer_cells(page: Page, exercise: str) -> list[int]:
    """The numbers of the cells that answer an exercise, also of those that do not parse."""
    parsed = {found.cell for found in exercises(page) if found.exercise == exercise}
    begun = re.compile(rf"""\.exercise\(\s*["']{re.escape(exercise)}["']""")
    broken = {
        number
        for number, cell in enumerate(page["cells"])
        if cell["cell_type"] == "code"
        and begun.search(cell["source"])
        and not parse(cell["source"])
    }
    return sorted(parsed | broken)


def place(page: Page, exercise: str, source: str) -> None:
    """Put a source into an exercise's cell; without one before its check, or at the end."""
    cells, numbers = page["cells"], answer_cells(page, exercise)
    if numbers:
        cells[numbers[-1]] |= {"source": source, "outputs": [], "execution_count": None}
        return
    cell: dict[str, Any] = {"cell_type": "code", "source": source, "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    if any("id" in other for other in cells):  # older formats forbid it
        names = (f"{exercise}-again" + (f"-{n}" if n else "") for n in count())
        taken = {other.get("id") for other in cells}
        cell["id"] = next(name for name in names if name not in taken)
    checks = (n for n, c in enumerate(cells) if c["source"].startswith(f'lab.check("{exercise}")'))
    cells.insert(next(checks, len(cells)), cell)


def without_magics(source: str) -> str:
    """A cell as Python that runs outside of a notebook: statements with magics do nothing."""
    told = code(source)
    tree = parse(source)
    if tree is None or "get_ipython" not in told:
        return told
    lines = told.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and _is_magic(node):
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
            lines[first:last] = [f"{indent}pass", *[""] * (last - first - 1)]
    return "\n".join(lines)


def _is_magic(node: ast.stmt) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "get_ipython" for n in ast.walk(node))


def same(one: str, other: str) -> bool:
    """Whether two cells say the same: comments, layout and docstrings do not count."""
    return digest(one) == digest(other)


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@functools.lru_cache(maxsize=256)
def digest(source: str) -> str:
    """What a cell says, without comments, layout and docstrings."""
    tree = parse(source)
    try:
        return ast.dump(bare(tree)) if tree and code(source) else source.strip()
    except RecursionError:  # it is nested too deeply to be compared but as text
        return source.strip()


def bare(tree: ast.Module) -> ast.Module:
    """A syntax tree without its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def without_task(source: str) -> str:
    """A cell's text without its `lab.exercise` line and the docstrings of its functions."""
    tree = ast.parse(source)
    dropped = {n for n, line in enumerate(source.splitlines(), 1) if "lab.exercise(" in line}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            dropped |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    kept = (line for n, line in enumerate(source.splitlines(), 1) if n not in dropped)
    return "\n".join(kept).strip()


@functools.cache
def starters(path: Path) -> dict[str, Found]:
    """The exercises of a pristine page by id."""
    return {found.exercise: found for found in exercises(read(path))}


def canonical(page: Page) -> Page:
    """The form that is committed: no ids, times, versions or widgets, counts from 1 on."""
    cells, numbers = [], iter(range(1, len(page["cells"]) + 1))
    for cell in page["cells"]:
        kept = {
            "cell_type": cell["cell_type"],
            "id": cell["id"],
            "source": cell["source"],
            "metadata": {"tags": sorted(tags(cell))} if tags(cell) else {},
        }
        if cell["cell_type"] == "code":
            kept["execution_count"] = next(numbers)
            kept["outputs"] = list(_outputs(cell, kept["execution_count"]))
        cells.append(kept)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _outputs(cell: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    for output in cell["outputs"]:
        kept = {key: value for key, value in output.items() if key != "transient"}
        counted = {"execution_count": count} if "execution_count" in kept else {}
        yield kept | counted
