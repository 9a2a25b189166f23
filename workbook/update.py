"""Brings a new release under a learner's finished page: answers, notes and parameters stay."""

from __future__ import annotations

import datetime as dt
import shutil
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from workbook import pages, registering, workspace
from workbook.errors import WorkbookError
from workbook.pages import Page
from workbook.workspace import Workspace

Cell = dict[str, Any]


@dataclass
class Updated:
    """What became of one page. `carried`: exercises; `own`: the learner's own cells that stay."""

    page: Path
    backup: Path | None = None
    carried: list[str] = field(default_factory=list)
    own: int = 0
    homeless: list[str] = field(default_factory=list)
    annotated: list[str] = field(default_factory=list)
    restored: int = 0


def update(home: Workspace, sources: list[Path], *, repair: bool = False) -> list[Updated]:
    """Bring every page of a workspace up to date; raises WorkbookError before any is touched.

    `repair`: bring back shipped cells that were deleted, also where no new release came.
    """
    there = [source for source in sources if (home.folder / source.name).exists()]
    planned = [_planned(home, source, repair) for source in there]
    folder = _backup_folder(home)
    for done, page, source in planned:
        if page is not None:
            folder.mkdir(parents=True, exist_ok=True)
            done.backup = _backed_up(done.page, folder / source.name)
            pages.write(done.page, page)
        home.remember(source)
    return [done for done, _, _ in planned]


def _backed_up(page: Path, backup: Path) -> Path:
    """Copy a page; a copy that could not be finished does not stay to be taken for one."""
    try:
        shutil.copy2(page, backup)
    except OSError as error:
        backup.unlink(missing_ok=True)
        raise WorkbookError(
            f"{page.name} cannot be backed up, and is as it was: {error.strerror}"
        ) from None
    return backup


def _backup_folder(home: Workspace) -> Path:
    """A folder that is not there yet, named by the time."""
    stamp = dt.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    names = (stamp if number == 1 else f"{stamp}-{number}" for number in count(1))
    return next(f for name in names if not (f := home.folder / "backup" / name).exists())


def _planned(home: Workspace, source: Path, repair: bool) -> tuple[Updated, Page | None, Path]:
    """What an update would make of a page; None where it stays as it is."""
    path = home.folder / source.name
    mine, new = pages.read(path), pages.read(source)
    remembered = home.remembered(source.name)
    base = _base(remembered) if remembered.exists() else None
    done = Updated(path)
    if base and not repair and list(map(_said, base["cells"])) == list(map(_said, new["cells"])):
        return done, None, source
    page = merged(mine, base, new, done)
    done.restored = _restored(mine, new) if repair else 0
    same = list(map(_said, page["cells"])) == list(map(_said, mine["cells"]))
    return done, None if same else page, source


def _base(remembered: Path) -> Page:
    """The release that the page was made from; raises WorkbookError, which names that file."""
    try:
        return pages.read(remembered)
    except WorkbookError:
        raise WorkbookError(
            f"{remembered.parent.name}/{remembered.name}, which tells what is yours on the page, "
            "cannot be read: remove that file (your page is sound), then `workbook update`"
        ) from None


def _restored(mine: Page, new: Page) -> int:
    """How many of the release's cells a page has neither as they are nor in the learner's form."""
    ids, texts = {cell.get("id") for cell in mine["cells"]}, set(map(_said, mine["cells"]))
    answered = {found.exercise for found in pages.exercises(mine)}
    return sum(
        cell.get("id") not in ids
        and _said(cell) not in texts
        and not answered & {name for name, _ in registering.in_cell(cell["source"])}
        for cell in new["cells"]
    )


def merged(mine: Page, base: Page | None, new: Page, done: Updated) -> Page:
    """The new release's page with everything of the learner's in it.

    `base`: the release that the learner's page was made from; without it every cell that the new
    release does not hold counts as the learner's own.
    """
    page = deepcopy(new)
    for cell in page["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    _carry_parameters(mine, base, page)
    merge = _Merge(mine, base, page, done)
    merge.answers()
    merge.own_cells()
    return page


def _carry_parameters(mine: Page, base: Page | None, page: Page) -> None:
    """What the learner set stays set; a default that nobody touched follows the release."""
    before = _parameters(base) if base else {}
    changed = {n: v for n, v in _parameters(mine).items() if n == "seed" or before.get(n, v) != v}
    for cell in page["cells"]:
        if "parameters" in pages.tags(cell):
            for name, value in changed.items():
                cell["source"] = workspace.set_parameter(cell["source"], name, value)


def _parameters(page: Page) -> dict[str, object]:
    try:
        return workspace.parameters(page)
    except (ValueError, TypeError) as error:
        raise WorkbookError(f"the parameters cell cannot be read: {error}") from None


class _Merge:
    """One merge of two pages: which cells of the learner's go where."""

    def __init__(self, mine: Page, base: Page | None, page: Page, done: Updated) -> None:
        self._mine, self._page, self._done = mine["cells"], page, done
        self._mine_page = mine
        self._before = {f.exercise: f.source for f in pages.exercises(base)} if base else {}
        self._shipped = {_said(c) for p in (base, page) if p for c in p["cells"]}
        self._base = {c.get("id"): _said(c) for c in base["cells"]} if base else {}
        self._ids = {cell.get("id") for cell in page["cells"]}
        self._comments: dict[int, Cell] = {}
        self._used: set[int] = set()  # numbers of the learner's cells that are in the page already

    def answers(self) -> None:
        """Put each answer into its exercise's cell; an untouched starter gives way to the new."""
        for found in pages.exercises(self._page):
            numbers = pages.answer_cells(self._mine_page, found.exercise)
            self._used |= set(numbers[-1:])
            source = self._mine[numbers[-1]]["source"] if numbers else ""
            starters = (found.source, self._before.get(found.exercise, found.source))
            if not numbers:
                continue
            if not any(pages.same(source, starter) for starter in starters):
                self._page["cells"][found.cell]["source"] = source
                self._done.carried.append(found.exercise)
            elif not any(_text(source) == _text(starter) for starter in starters):
                self._annotated(found, source)

    def _annotated(self, found: pages.Found, source: str) -> None:
        """A starter with comments of the learner's: they stay, also where the starter changed."""
        self._done.annotated.append(found.exercise)
        if pages.same(source, found.source):
            self._page["cells"][found.cell]["source"] = source
        else:
            told = f"# Your comments on the starter of {found.exercise}, which has changed.\n"
            self._comments[found.cell] = {
                "cell_type": "raw",
                "metadata": {},
                "source": told + source,
            }

    def own_cells(self) -> None:
        """Put the learner's own cells after the cell that they followed."""
        places = self._places()
        after: dict[int, list[Cell]] = {}
        anchor = -1
        for number, cell in enumerate(self._mine):
            anchor = places.get(number, anchor)
            if number in self._used or not self._is_own(cell):
                continue
            if anchor in places.values() and self._stands_in(cell, self._page["cells"][anchor]):
                self._page["cells"][anchor]["source"] = cell["source"]
                self._done.own += 1
            else:
                after.setdefault(anchor, []).append(self._homed(cell))
        for number, comments in self._comments.items():
            named = {"id": f"{self._page['cells'][number].get('id')}-comments"}
            with_id = named if "id" in self._page["cells"][number] else {}
            after.setdefault(number, []).insert(0, self._with_an_id_of_its_own(comments | with_id))
        cells = list(after.get(-1, []))
        for number, cell in enumerate(self._page["cells"]):
            cells += [cell, *after.get(number, [])]
        self._done.own += sum(map(len, after.values()))
        self._page["cells"] = cells

    def _stands_in(self, cell: Cell, new: Cell) -> bool:
        """Whether a cell is the learner's version of one that the release left as it was."""
        name = cell.get("id")
        return name is not None and name == new.get("id") and self._base.get(name) == _said(new)

    def _places(self) -> dict[int, int]:
        """Number of a learner's cell -> number of the cell in the new page that it is."""
        cells = self._page["cells"]
        by_id = {cell.get("id"): n for n, cell in enumerate(cells) if cell.get("id")}
        by_text = {_said(cell): n for n, cell in enumerate(cells)}
        by_exercise = {f.exercise: f.cell for f in pages.exercises(self._page)}
        places = {}
        for number, cell in enumerate(self._mine):
            exercises = [e for e, _ in registering.in_cell(cell["source"]) if e in by_exercise]
            if exercises:
                # An older copy of an answer stays above the one that counts.
                places[number] = by_exercise[exercises[-1]] - (number not in self._used)
            elif not self._is_own(cell) or cell.get("id") in by_id:
                found = by_id.get(cell.get("id"), by_text.get(_said(cell)))
                places |= {} if found is None else {number: found}
        return places

    def _is_own(self, cell: Cell) -> bool:
        nothing = not cell["source"].strip() or "parameters" in pages.tags(cell)
        return not nothing and _said(cell) not in self._shipped

    def _homed(self, cell: Cell) -> Cell:
        """A cell of the learner's as it goes into the page.

        An answer whose exercise is gone would stop the page; it stays as text.
        """
        cell = self._with_an_id_of_its_own(cell)
        known = {found.exercise for found in pages.exercises(self._page)}
        gone = [e for e, _ in registering.in_cell(cell["source"]) if e not in known]
        if not gone or cell["cell_type"] != "code":
            return cell
        self._done.homeless += gone
        kept = {k: v for k, v in cell.items() if k not in ("outputs", "execution_count")}
        told = f"# The exercise {gone[0]} is not on this page any more; this was your answer.\n"
        return kept | {"cell_type": "raw", "source": told + cell["source"]}

    def _with_an_id_of_its_own(self, cell: Cell) -> Cell:
        if "id" not in cell:  # older formats have none
            return cell
        names = (f"{cell['id']}-yours-{n}" if n else cell["id"] for n in count())
        name = next(one for one in names if one not in self._ids)
        self._ids.add(name)
        return cell | {"id": name}


def _said(cell: Cell) -> tuple[str, str]:
    """What a cell says, whatever a program that saved it did to line ends."""
    return cell["cell_type"], _text(cell["source"])


def _text(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()
