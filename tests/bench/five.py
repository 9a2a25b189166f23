"""Five tiny exercises, and the notebook of five in the form that each grader wants."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.processes import ROOT

Cell = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One exercise: a function, its argument, what it returns, and two values to try it with."""

    name: str
    argument: str
    body: str
    values: tuple[Any, Any]
    expected: tuple[Any, Any]

    @property
    def answer(self) -> str:
        """The right answer, as a cell."""
        return f"def {self.name}({self.argument}):\n    return {self.body}"

    @property
    def asserts(self) -> list[str]:
        """One line for each of the two values."""
        pairs = zip(self.values, self.expected, strict=True)
        return [f"assert {self.name}({value!r}) == {expected!r}" for value, expected in pairs]


FIVE = (
    Task("total", "numbers", "sum(numbers)", ([1, 2, 3], []), (6, 0)),
    Task("backwards", "text", "text[::-1]", ("load", ""), ("daol", "")),
    Task("squares", "numbers", "[n * n for n in numbers]", ([1, 2, 3], [-4]), ([1, 4, 9], [16])),
    Task("vowels", "text", "sum(c in 'aeiou' for c in text)", ("pipeline", "xyz"), (4, 0)),
    Task("largest", "numbers", "max(numbers)", ([3, 9, 2], [-1, -5]), (9, -1)),
)


def code(name: str, source: str, **metadata: Any) -> Cell:
    """A code cell that was not executed."""
    empty: Cell = {"cell_type": "code", "execution_count": None, "outputs": []}
    return empty | {"id": name, "source": source, "metadata": metadata}


def write(path: Path, cells: Sequence[Cell]) -> None:
    """Write a notebook of these cells, and the folders above it."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    page = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(page, indent=1), encoding="utf-8")


def plain() -> list[Cell]:
    """Answers, each followed by a cell with its asserts: for whoever just executes."""
    cells = []
    for task in FIVE:
        cells.append(code(task.name, task.answer))
        cells.append(code(f"test-{task.name}", "\n".join(task.asserts)))
    return cells


def for_nbgrader() -> list[Cell]:
    """The plain cells with nbgrader's marks: two points for each task."""
    cells = plain()
    for cell in cells:
        test = cell["id"].startswith("test-")
        marks = {"schema_version": 3, "grade_id": cell["id"], "task": False}
        marks |= {"grade": test, "locked": test, "solution": not test}
        cell["metadata"]["nbgrader"] = marks | ({"points": 2} if test else {})
    return cells


def for_otter() -> list[Cell]:
    """Answers, each followed by the cell that asks otter, as `otter assign` lays them out."""
    cells = [code("set-up", 'import otter\ngrader = otter.Notebook("five.ipynb")')]
    for task in FIVE:
        cells.append(code(task.name, task.answer))
        cells.append(code(f"check-{task.name}", f'grader.check("{task.name}")'))
    return cells


def otter_tests(folder: Path) -> None:
    """Write otter's test files: two doctests for each task."""
    folder.mkdir(parents=True)
    for task in FIVE:
        cases = [
            {"code": f">>> {line}\n", "hidden": False, "locked": False} for line in task.asserts
        ]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": task.name, "points": 2, "suites": [suite]}
        (folder / f"{task.name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")


_SETUP = 'from workbook import open_lab\n\nlab = open_lab("five", seed=seed, mode=mode)'
_PARAMETERS = 'seed: int = 7  # which world\nmode: str = "learner"  # learner or solution'
_CHECK = '''"""{name}: the values that it has to return."""

from labs.five.world import tried


def cases(answer, seed):
    return tried(answer, {argument!r}, {values!r}, {expected!r})
'''
_WORLD = '''"""A world without state: values to call an answer with."""

from functools import partial

from workbook import Case, Finding


class World:
    def __init__(self, seed):
        self.seed = seed


def tried(answer, argument, values, expected):
    for number, (value, right) in enumerate(zip(values, expected)):
        run = partial(compared, answer, argument, value, right)
        yield Case(f"value {number + 1}", run, "wrong-value", number == 0)


def compared(answer, argument, value, right):
    got = answer.call(**{argument: value}).value
    return None if got == right else Finding("wrong-value", f"{got!r} for {value!r}")
'''


def house(folder: Path) -> None:
    """A checkout with one lab of these exercises: the engine as it is, the lab in our shape."""
    shutil.copytree(ROOT / "workbook", folder / "workbook")
    lab = folder / "labs" / "five"
    files = {"labs/__init__.py": "", "labs/five/__init__.py": "", "labs/five/lab.toml": _toml()}
    files |= {"labs/five/world/__init__.py": _WORLD, "labs/five/checks/__init__.py": ""}
    for task in FIVE:
        files[f"labs/five/checks/{task.name}.py"] = _CHECK.format_map(vars(task))
        files[f"labs/five/answers/{task.name}.py"] = (
            f"# %% reference\n{_registered(task.answer, task)}"
        )
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    assert lab.is_dir()
    write(folder / "notebooks" / "01_five.ipynb", ours(answered=False))


def ours(*, answered: bool = True) -> list[Cell]:
    """Our page of the five: as it ships, or with the right answers."""
    cells = [code("parameters", _PARAMETERS, tags=["parameters"]), code("setup", _SETUP)]
    for task in FIVE:
        starter = f"def {task.name}({task.argument}):\n    return None"
        cells.append(code(task.name, _registered(task.answer if answered else starter, task)))
        cells.append(code(f"{task.name}-check", f'lab.check("{task.name}")'))
    return cells


def _registered(source: str, task: Task) -> str:
    return f'@lab.exercise("{task.name}")\n{source}'


def _toml() -> str:
    words: Mapping[str, str] = {
        "message": "A value is wrong", "expected": "the right value", "cost": "none", "look": "-",
    }  # fmt: skip
    told = ['title = "Five"', "step = 1", 'notebook = "01_five"', "minutes = 5"]
    told += ["objectives = []", "prerequisites = []"]
    for task in FIVE:
        told += ["[[exercises]]", f'id = "{task.name}"', f'title = "{task.name}"', "minutes = 1"]
    told += ["[[findings]]", 'id = "wrong-value"', *(f'{k} = "{v}"' for k, v in words.items())]
    return "\n".join(told) + "\n"
