"""A class is made: ids, worlds dealt, a start zip for each learner; and a learner is forgotten."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from classroom import cohort, grading, rows
from classroom.cohort import Cohort
from workbook import catalog, workspace
from workbook.errors import UsageError, WorkbookError

START, EVENTS = "start", "events.jsonl"
_PRIVATE = (cohort.ROSTER, cohort.KEY, f"{START}/", "board.code", EVENTS)
_HIDDEN = "\n".join(["# Names and keys are nobody else's business.", *_PRIVATE, ""])
SPARE = 20  # worlds more than twice as many as learners: of each half there are enough
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same zip, whenever it is made


def made(folder: Path, people: Sequence[str], require: Sequence[str]) -> tuple[Cohort, list[str]]:
    """Make a class, or add whom it does not know yet; returns it and the ids that are new."""
    there = (folder / cohort.FILE).is_file()
    room = cohort.read(folder) if there else _begun(folder)
    known = cohort.names(room)
    left = list(known.values())
    new = [name for name in people if not _taken(left, name)]
    ids = cohort.ids(room.dealt + 1, len(new))
    if set(ids) & set(room.learners):
        raise UsageError(f"{folder.name}: its ids are not k01 and so on; add learners by hand")
    worlds = _worlds(room, len(ids))
    learners = room.learners | dict(zip(ids, worlds, strict=True))
    required, dealt = tuple(require) or room.require, room.dealt + len(ids)
    room = Cohort(folder, room.id, learners, required, dealt)
    write(room, known | dict(zip(ids, new, strict=True)))
    for learner in ids:
        _zip(room, learner)
    return room, ids


def _taken(left: list[str], name: str) -> bool:
    """Whether a name was known, once for each time that it is in the roster."""
    if name in left:
        left.remove(name)
        return True
    return False


def _begun(folder: Path) -> Cohort:
    from classroom.intake import slug

    name = slug(folder.resolve().name)
    if not name:
        raise UsageError(f"{folder.name}: name the class with letters or digits")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be made: {error.strerror}") from None
    if not (folder / cohort.KEY).exists():
        _private(folder / cohort.KEY, secrets.token_hex(32) + "\n")
    return Cohort(folder, name, {})


def _worlds(room: Cohort, count: int) -> list[int]:
    """Worlds that nobody in the class has, of both halves in turn.

    In even worlds the diagnosis begins with one form, in odd ones with the other: half of a class
    takes each first, so that a form that is easier cannot look like learning.
    """
    taken = list(room.learners.values())
    if len(taken) + count > cohort.WORLDS:
        raise UsageError(f"a class has at most {cohort.WORLDS} learners: make several")
    wanted = min(cohort.WORLDS, 2 * (len(taken) + count) + SPARE)
    free = [world for world in cohort.dealt(room.key, wanted) if world not in taken]
    halves = [[world for world in free if world % 2 == half] for half in (0, 1)]
    begun = [sum(world % 2 == half for world in taken) for half in (0, 1)]
    found = []
    for _ in range(count):
        half = min((0, 1), key=lambda one: (not halves[one], begun[one], one))
        found.append(halves[half].pop(0))
        begun[half] += 1
    return found


def write(room: Cohort, names: dict[str, str]) -> None:
    """Write a class's files: the public one, and the private roster."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "name"])
    writer.writerows((learner, names.get(learner, "")) for learner in room.learners)
    _private(room.folder / cohort.ROSTER, text.getvalue())
    rows.write_whole(room.folder / ".gitignore", _HIDDEN)
    rows.write_whole(room.folder / cohort.FILE, cohort.written(room))


def _private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(part, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise WorkbookError(f"{path.name} cannot be written: {error.strerror}") from None


def _zip(room: Cohort, learner: str) -> None:
    """The pages of one learner, in work/, with their world in them."""
    sources = sorted((catalog.root() / "notebooks").glob("*.ipynb"))
    target = room.folder / START / f"{learner}.zip"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch, "work")
        workspace.start(work, sources, learner, room.learners[learner])
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(work.rglob("*")):
                if path.is_file():
                    name = path.relative_to(scratch).as_posix()
                    archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), 8)


def forgotten(room: Cohort, learner: str, results: Sequence[Path]) -> list[str]:
    """Remove a learner from the class's files and from results; returns what was changed."""
    names = cohort.names(room)
    where = [room.folder / cohort.FILE] if learner in room.learners else []
    for path in _results(room, results):
        where += _from_results(path, learner)
    started = room.folder / START / f"{learner}.zip"
    if started.exists():
        started.unlink()
        where.append(started)
    where += _from_events(room.folder / EVENTS, learner)
    if not where:
        raise UsageError(f"{learner} is not in {room.folder.name}, nor in its results")
    left = {one: world for one, world in room.learners.items() if one != learner}
    names.pop(learner, None)
    write(replace(room, learners=left), names)
    return [path.name for path in where]


def _results(room: Cohort, more: Sequence[Path]) -> list[Path]:
    """The results of a class: those in its folder, and those that are named."""
    inside = [path.parent for path in sorted(room.folder.glob(f"*/{grading.RUN}"))]
    return list(dict.fromkeys([*inside, *(path.resolve() for path in more)]))


def _from_results(out: Path, learner: str) -> list[Path]:
    row, pages = out / "rows" / f"{learner}.json", out / "pages" / learner
    found = [path for path in (row, pages, out / f"{learner}.certificate.json") if path.exists()]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if found:
        grading.again(out)
    return found


def _from_events(path: Path, learner: str) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if f'"{learner}"' not in line]
        if len(kept) < len(lines):
            rows.write_whole(path, "".join(kept))
            return [path]
    return []
