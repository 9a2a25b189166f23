"""What a file holds for one exercise: the cell that counts, and those that it needs."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook import headless, needed, pages, registering, syntax, workspace
from workbook.answer import Failure
from workbook.catalog import Exercise, Lab
from workbook.errors import UsageError, WorkbookError
from workbook.session import Cell

TEXTS = (".sql", ".yml", ".md")


@dataclass(frozen=True)
class Submission:
    """What a file holds for one exercise.

    `source`: the cell or text that counts, "" where there is none; `cells`: what runs before it is
    called, in order, itself among them; `own`: the name of its cell; `continues`: exercises whose
    reference the cells let stand in; `seed`: the world its numbers follow from; `folder`: where it
    runs; `note`: what is odd, or "".
    """

    source: str
    cells: Sequence[Cell]
    seed: int
    folder: Path
    note: str = ""
    text: str | None = None
    own: str = ""
    continues: frozenset[str] = frozenset()


def read(exercise: Exercise, path: Path, seed: int | None, own: int) -> Submission:
    """Read what a file holds for an exercise; raises WorkbookError where it is no answer file.

    A notebook's seed is the one in its parameters; other files have the learner's `own`; `seed`
    overrides both.
    """
    path = Path(os.path.abspath(path))  # its folder is entered from elsewhere
    kind = path.suffix.lower()
    if kind == ".ipynb":
        return _from_page(exercise, path, seed, own)
    textual = not starter(exercise).names
    if kind == ".py" and not textual:
        return _from_module(exercise, path, own if seed is None else seed)
    if kind in TEXTS and textual:
        text = _read(path)
        return Submission(text, (), own if seed is None else seed, path.parent, text=text)
    wanted = "a .sql, .yml or .md" if textual else "a .py"
    raise UsageError(f"{path.name}: the answer to {exercise.id} is {wanted} file, or an .ipynb")


def untouched(exercise: Exercise, given: Submission) -> bool:
    """Whether it is still the code that shipped."""
    shipped = starter(exercise).source
    if given.text is not None:
        return given.text.strip() == text_in(shipped, exercise.id).strip()
    return pages.same(given.source, shipped)


def _from_module(exercise: Exercise, path: Path, seed: int) -> Submission:
    text, note = _imported(_read(path)), ""
    shipped = starter(exercise)
    if syntax.parse(text) is not None and exercise.id not in dict(registering.in_cell(text)):
        names = [name for name in shipped.names if name in pages.defined(text)]
        text += "".join(f'\nlab.exercise("{exercise.id}")({name})' for name in names)
        note = "" if names else f"{path.name} does not define {' or '.join(shipped.names)}"
    before = headless.standing_cells(exercise.lab, exercise.id, seed)
    cells = [Cell(source, f"set-up {number}") for number, source in enumerate(before, 1)]
    cells.append(Cell(syntax.code(text), path.name))
    return Submission("" if note else text, cells, seed, path.parent, note, own=path.name)


def _from_page(exercise: Exercise, path: Path, seed: int | None, own: int) -> Submission:
    page = pages.read(path)
    seed = _seed_of(page, own) if seed is None else seed
    mentions = pages.answer_cells(page, exercise.id)
    again = f"{exercise.id} stands in {len(mentions)} cells of {path.name}; the last one counts"
    missing = f"{path.name} has no cell for it: `workbook reset {exercise.id}` brings it back"
    note = "" if len(mentions) == 1 else again if mentions else missing
    if mentions and not _opens(page):
        note = f"{path.name} lacks cells that open the lab: `workbook update --repair` brings them"
    source = pages.answer(page, exercise.id)
    for cell in page["cells"]:
        if "parameters" in pages.tags(cell):
            cell["source"] = workspace.set_parameter(cell["source"], "seed", seed)
    text = text_in(source, exercise.id) if not starter(exercise).names else None
    chosen = needed.cells(needed.read(page), [n + 1 for n in mentions[-1:]], _names(exercise.lab))
    return Submission(
        source,
        needed.as_cells(chosen),
        seed,
        path.parent,
        note,
        text,
        own=f"cell {mentions[-1] + 1}" if mentions else "",
        continues=frozenset(e for one in chosen for e in one.continues),
    )


def _opens(page: pages.Page) -> bool:
    """Whether a page has the cells that it shipped with for its parameters and its lab."""
    cells = pages.code_cells(page)
    opening = [source for source in cells if "open_lab(" in source]
    return any(
        "seed=seed" not in source or any("seed" in _bound(one) for one in cells)
        for source in opening
    )


def _bound(source: str) -> frozenset[str]:
    read = needed.cell_read(1, source)
    return read.binds if read else frozenset()


def _names(lab: Lab) -> Callable[[str], Iterable[str]]:
    """The names that a lab's exercises bring to a page that continues from their references."""
    starters = pages.starters(lab.page)

    def brought(exercise_id: str) -> Iterator[str]:
        uses = lab.exercises[exercise_id].uses if exercise_id in lab.exercises else ()
        for one in (*uses, exercise_id):
            if one in starters:
                yield from starters[one].names

    return brought


def starter(exercise: Exercise) -> pages.Found:
    """The exercise's cell as it shipped; raises WorkbookError where the page has none."""
    starters = pages.starters(exercise.lab.page)
    if exercise.id not in starters:
        raise WorkbookError(f"{exercise.lab.page.name} has no cell for {exercise.id!r}")
    return starters[exercise.id]


def is_text(exercise: Exercise) -> bool:
    """Whether an exercise asks for a text (SQL, YAML, Markdown), for which no process is needed."""
    return not starter(exercise).names


def has_class(exercise: Exercise) -> bool:
    """Whether an exercise asks for a class, whose objects live from one call to the next."""
    tree = syntax.parse(starter(exercise).source)
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(tree or ast.Module([], [])))


def _imported(text: str) -> str:
    """A module's text as an import runs it: what only `python FILE` does is left out."""
    tree = syntax.parse(text)
    lines = text.split("\n")
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.If) and _asks_for_main(node.test):
            first, last = node.test.lineno - 1, (node.test.end_lineno or node.test.lineno) - 1
            before = lines[first].encode()[: node.test.col_offset]  # columns are counted in bytes
            after = lines[last].encode()[node.test.end_col_offset :]
            told = (before + b"False" + after).decode()
            lines[first : last + 1] = [told] + [""] * (last - first)  # the others keep their lines
    return "\n".join(lines)


def _asks_for_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, however it is written."""
    told = ast.dump(test)
    return "'__name__'" in told and "'__main__'" in told


def _read(path: Path) -> str:
    try:
        return pages.regular_text(path)
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
    return workspace.checked_seed(seed) if type(seed) is int else own


def text_in(source: str, exercise_id: str) -> str:
    """The text that a cell registers as an answer; "" where it is not written out there."""
    for node in ast.walk(syntax.parse(source) or ast.Module([], [])):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            told = [part.value if isinstance(part, ast.Constant) else "" for part in given]
            if len(told) == 2 and told[0] == exercise_id:
                return str(told[1])
    return ""


def syntax_error(source: str) -> str:
    """What keeps a cell from being read as Python, in one line, or ""."""
    if syntax.parse(source) is not None:
        return ""
    try:
        compile(syntax.code(source), "answer", "exec")
    except SyntaxError as error:
        line = (error.text or "").strip()
        return str(Failure("SyntaxError", error.msg, error.lineno or 0, line))
    except ValueError as error:
        return f"SyntaxError: {error}"
    except (RecursionError, MemoryError):
        return "SyntaxError: an expression of this cell is nested too deeply"
    return "SyntaxError: this cell cannot be read as Python"
