"""What a learner handed in: who it is, and where the answer to each exercise stands."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from classroom import bags, members
from classroom.members import Bag, Member, Unreadable, printable
from workbook import catalog, pages
from workbook.catalog import Exercise
from workbook.errors import PageError

_MENTIONED = re.compile(r"""\.exercise\(\s*\\?["']([\w-]{1,60})""")
_COPY = re.compile(
    r"(\s*\(\d+\)|[\s-]+(copy|kopie|copie|copia))+$"
)  # load_day (1), load_day - Copy
_OURS = ("labs", "tests", "docs", "fieldkit", "classroom", "workbook")  # folders of a checkout
LARGEST = 2**63  # seeds are below
QUESTIONS, BEST = 100, 2  # of a diagnosis: at most so many, and the points of one


@dataclass(frozen=True)
class Entry:
    """One entry of the folder.

    `learner`: the id of its row; `who`: the learner's own id, "" where nobody can tell; `world`:
    its seed, if it is known.
    """

    path: Path
    learner: str
    who: str
    bag: Bag
    world: int | None
    digest: str
    refused: str = ""


@dataclass
class Found:
    """Answers copied to a folder of the judge's own.

    `answers`: exercise id -> the file to judge; `broken`: exercise id -> why its file cannot be
    read; `lost`: why a file whose exercises nobody can tell cannot be read; `record`: a copy of
    the learner's record.
    """

    answers: dict[str, Path] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    record: Path | None = None


@dataclass(frozen=True)
class _File:
    """A file that was copied. `mentions`: the exercises whose answers stand in it."""

    member: Member
    copy: Path
    mentions: Mapping[str, bool]  # whether each is more than the code that shipped


def looked(
    paths: Sequence[Path], learners: Mapping[str, int], options: str, leave_out: Path | None
) -> list[Entry]:
    """Look at each entry: whose it is, and a digest of it. No two get the same id.

    `learners`: the class's ids and worlds, {} without a class; `options`: how it will be judged.
    """
    taken: set[str] = set()
    found = []
    for path in paths:
        try:
            bag, refused = _without_checkout(bags.opened(path, leave_out)), ""
        except (Unreadable, OSError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            bag, refused = Bag(), f"{printable(path.name)}: {told}"
        mark = _marked(bag)
        learner, who = _identity(path.name, mark.learner, learners, taken)
        world = learners.get(who, mark.seed)
        if who and who != learner:
            bag.notes.append(f"another entry is {who}, too")
        digest = _digest(bag, f"{options}|{learner}|{world}|{refused}")
        found.append(Entry(path, learner, who, bag, world, digest, refused))
    return found


def _without_checkout(bag: Bag) -> Bag:
    """Leave out the code of a checkout that was handed in as a whole: its answers are references.

    Its `notebooks/` and `work/` stay: somebody may have worked in either.
    """
    known = {lab.id for lab in catalog.labs()}
    parts = [member.path.parts for member in bag.members]
    hints = (one for one in parts if one[-1:] == ("hints.md",) and one[-3:-2] == ("labs",))
    roots = {one[:-3] for one in hints if one[-2] in known}
    kept = [
        member
        for member in bag.members
        if not any(_within(member.path.parts, root) in _OURS for root in roots)
    ]
    if len(kept) < len(bag.members):
        bag.notes.append("a whole checkout of the workbook: only its pages are looked at")
    bag.members = kept
    return bag


def _within(parts: Sequence[str], root: Sequence[str]) -> str:
    """The folder below a root in which a file lies, or ""."""
    below = parts[: len(root)] == root and len(parts) > len(root) + 1
    return parts[len(root)] if below else ""


class _Mark(NamedTuple):
    """What a workbook.toml says."""

    learner: str = ""
    seed: int | None = None


def _marked(bag: Bag) -> _Mark:
    """What the shallowest workbook.toml says; nothing where there is none that can be read."""
    for member in bags.only(bag, members.MARK):
        try:
            told = tomllib.loads(member.read().decode("utf-8"))
        except (Unreadable, ValueError, RecursionError):
            bag.notes.append(f"{printable(member.name)} cannot be read: left out")
            return _Mark()
        seed = told.get("seed")
        sound = type(seed) is int and 0 <= seed < LARGEST
        return _Mark(slug(str(told.get("learner", ""))), seed if sound else None)
    return _Mark()


def _identity(
    name: str, told: str, learners: Mapping[str, int], taken: set[str]
) -> tuple[str, str]:
    """An id for a row and its file, and who it is: of workbook.toml, the file's name, or nobody.

    They differ where two entries are of the same learner, or nobody can tell: unknown-1.
    """
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word in learners]
    known = told if told in learners or (told and not learners) else next(iter(words), "")
    wanted = known or "unknown-1"
    number = 1
    while wanted in taken:
        number += 1
        wanted = f"{known}-{number}" if known else f"unknown-{number}"
    taken.add(wanted)
    return wanted, known


def slug(name: str) -> str:
    """A name as an id: small letters, digits and dashes, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")


def _digest(bag: Bag, more: str) -> str:
    """A digest of everything that could change a row."""
    whole = hashlib.sha256(more.encode("utf-8", "replace"))
    for member in bag.members:
        whole.update(f"\0{member.name}\0{member.changed}\0".encode("utf-8", "replace"))
        with contextlib.suppress(Unreadable):
            whole.update(member.read())
    return whole.hexdigest()[:32]


def taken_in(entry: Entry, wanted: Sequence[Exercise], folder: Path) -> Found:
    """Copy the answers to `wanted` into a folder, outputs left out, and say where each is."""
    found = Found(notes=list(entry.bag.notes))
    files = [
        made
        for number, member in enumerate(bags.only(entry.bag, *members.PAGES, *members.TEXTS))
        if (made := _copied(found, member, wanted, folder / f"{number}"))
    ]
    for exercise in wanted:
        _choose(found, exercise, files)
    _modules_beside(entry.bag, found, files)
    found.record = _record(entry.bag, folder / "record")
    found.notes += found.lost
    if not found.answers:
        found.notes += entry.bag.instead
    return found


def _copied(found: Found, member: Member, wanted: Sequence[Exercise], folder: Path) -> _File | None:
    """Copy one file if it can hold an answer; what cannot be read is noted."""
    name, page = member.path.name, member.name.lower().endswith(members.PAGES)
    shown = printable(member.name)
    try:
        content = member.read()
    except Unreadable as error:
        if page or _by_name(name, wanted):
            _lose(found, _by_name(name, wanted), f"{shown}: {error}")
        return None
    folder.mkdir(parents=True)
    copy = folder / _safe(name)
    if page:
        return _page_copied(found, member, wanted, copy, content)
    mentions = dict.fromkeys([*_mentioned(content, wanted), *_by_name(name, wanted)], True)
    copy.write_bytes(content)
    return _File(member, copy, mentions) if mentions else None


def _page_copied(
    found: Found, member: Member, wanted: Sequence[Exercise], copy: Path, content: bytes
) -> _File | None:
    """Copy a notebook without its outputs; its exercises are found by their ids."""
    shown = printable(member.name)
    try:
        page = _stripped(content, copy)
    except (PageError, RecursionError, MemoryError) as error:
        told = str(error) if isinstance(error, PageError) else f"{shown} is nested too deeply"
        ids = _mentioned(content, wanted) or _by_name(member.path.name, wanted)
        _lose(found, _whole_labs(ids, wanted), told.replace(copy.name, shown))
        return None
    sources = "\n".join(pages.code_cells(page))
    mentions = {}
    for exercise in _exercises(_mentioned(sources.encode("utf-8", "replace"), wanted), wanted):
        cells = pages.answer_cells(page, exercise.id)
        if cells:
            shipped = pages.starters(exercise.lab.page)[exercise.id].source
            mentions[exercise.id] = not pages.same(page["cells"][cells[-1]]["source"], shipped)
    labs = {exercise.lab.notebook for exercise in _exercises(mentions, wanted)}
    if labs and copy.stem not in labs:
        found.notes.append(f"{shown} is {' and '.join(sorted(labs))}, renamed")
    return _File(member, copy, mentions)


def _stripped(content: bytes, copy: Path) -> pages.Page:
    """Write a notebook without outputs and attachments, and read it as the judge will."""
    try:
        told = json.loads(content)  # UTF-8 or UTF-16, as its first bytes say
        if "worksheets" in told:
            raise PageError(
                f"{copy.name} is a notebook of version 3: open and save it in JupyterLab"
            )
        for cell in told["cells"]:
            cell.pop("outputs", None)
            cell.pop("attachments", None)
            cell.setdefault("metadata", {})
            if not isinstance(cell["metadata"], dict):
                cell["metadata"] = {}
        copy.write_text(json.dumps(told), encoding="utf-8")
    except (ValueError, KeyError, TypeError, AttributeError):
        copy.write_bytes(content)  # what is wrong with it, and where, says the page's own reader
    return pages.read(copy)


def _choose(found: Found, exercise: Exercise, files: Sequence[_File]) -> None:
    """The file that counts for an exercise: what was changed goes first, then the later one."""
    holding = [one for one in files if exercise.id in one.mentions]
    holding.sort(key=lambda one: (one.mentions[exercise.id], one.member.changed, one.member.name))
    if holding:
        found.answers[exercise.id] = holding[-1].copy
        found.broken.pop(exercise.id, None)
        if len(holding) > 1:
            told = printable(holding[-1].member.name)
            found.notes.append(f"{exercise.id} is in {len(holding)} files; {told} counts")
        return
    siblings = set(exercise.lab.exercises) - {exercise.id}
    for one in files:  # the page is there, its cell is not
        if one.copy.suffix == ".ipynb" and siblings & one.mentions.keys():
            found.answers.setdefault(exercise.id, one.copy)


def _mentioned(content: bytes, wanted: Sequence[Exercise]) -> list[str]:
    ids = {exercise.id for exercise in wanted}
    told = _MENTIONED.findall(content.decode("utf-8", "replace"))
    return [one for one in dict.fromkeys(told) if one in ids]


def _by_name(name: str, wanted: Sequence[Exercise]) -> list[str]:
    """The exercises that a file's name speaks of: load_day.py, 04_master_state.ipynb."""
    stem = _COPY.sub("", name.lower().rpartition(".")[0])
    if name.lower().endswith(members.PAGES):
        return [exercise.id for exercise in wanted if exercise.lab.notebook in stem]
    module = re.sub(r"[\s-]+", "_", stem)
    return sorted({exercise.id for exercise in wanted if exercise.module == module})


def _whole_labs(ids: Sequence[str], wanted: Sequence[Exercise]) -> list[str]:
    """The exercises of the pages on which these stand: what was cut off was there, too."""
    labs = {exercise.lab.id for exercise in _exercises(ids, wanted)}
    return [exercise.id for exercise in wanted if exercise.lab.id in labs]


def _exercises(
    ids: Sequence[str] | Mapping[str, bool], wanted: Sequence[Exercise]
) -> list[Exercise]:
    return [exercise for exercise in wanted if exercise.id in ids]


def _lose(found: Found, ids: Sequence[str], why: str) -> None:
    for one in ids:
        found.broken.setdefault(one, why)
    if not ids:
        found.lost.append(why)


def _safe(name: str) -> str:
    """A file name that no system minds; its ending stays, of a page the one that it should have."""
    page = next((one for one in members.PAGES[1:] if name.lower().endswith(one)), "")
    name = name[: -len(page)] + members.PAGES[0] if page else name
    stem, dot, ending = name.rpartition(".")
    return re.sub(r"[^\w -]", "_", stem)[:80] + dot + ending.lower()


def _modules_beside(bag: Bag, found: Found, files: Sequence[_File]) -> None:
    """Copy the modules that lie beside an answer's file: the answer may import them."""
    used = set(found.answers.values())
    for one in files:
        for module in bags.only(bag, ".py") if one.copy in used else ():
            beside = module.path.parent == one.member.path.parent
            target = one.copy.parent / module.path.name
            if beside and not target.exists() and module.path.stem.isidentifier():
                with contextlib.suppress(Unreadable):
                    target.write_bytes(module.read())


def diagnosed(bag: Bag) -> dict[str, int]:
    """Points of the diagnosis before and after the steps; {} where there are none to be read."""
    found: dict[str, int] = {}
    for member in bags.only(bag, members.DIAGNOSIS)[:1]:
        with contextlib.suppress(Unreadable, ValueError, LookupError, TypeError, RecursionError):
            told = json.loads(member.read().decode("utf-8"))
            for when in ("before", "after"):
                points = told[when]["points"] if when in told else []
                if points and len(points) <= QUESTIONS and set(points) <= {0, 1, BEST}:
                    found[when] = sum(points)
                    found["best"] = BEST * len(points)
    return found


def _record(bag: Bag, folder: Path) -> Path | None:
    """A copy of the learner's record, with what SQLite keeps beside it."""
    known = bags.only(bag, f"{members.RECORDS[0]}")
    if not known:
        return None
    folder.mkdir()
    beside = {str(known[0].path.parent / name) for name in members.RECORDS}
    try:
        for member in bag.members:
            if member.name in beside:
                (folder / member.path.name).write_bytes(member.read())
    except Unreadable:
        return None
    return folder / members.RECORDS[0]


def wanted_exercises(lab: str, ids: Sequence[str], core: bool) -> list[Exercise]:
    """The exercises to judge: of a lab, by id, or only the core; raises UsageError."""
    chosen = [e for one in catalog.chosen(lab) for e in one.exercises.values()]
    if ids:
        known = {exercise.id for exercise in map(catalog.find, ids)}
        chosen = [exercise for exercise in chosen if exercise.id in known]
    return [exercise for exercise in chosen if exercise.core or not core]
