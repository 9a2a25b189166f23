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

from classroom import bags
from classroom.bags import Bag, Member, Unreadable
from workbook import catalog, pages
from workbook.catalog import Exercise
from workbook.errors import PageError

_MENTIONED = re.compile(r"""\.exercise\(\s*\\?["']([\w-]{1,60})""")
LARGEST = 2**63  # seeds are below
QUESTIONS, BEST = 100, 2  # of a diagnosis: at most so many, and the points of one


@dataclass(frozen=True)
class Entry:
    """One entry of the folder. `learner`: the id of its row; `world`: its seed, if it is known."""

    path: Path
    learner: str
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
            bag, refused = bags.opened(path, leave_out), ""
        except (Unreadable, OSError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            bag, refused = Bag(), f"{bags.printable(path.name)}: {told}"
        mark = _marked(bag)
        learner = _identity(path.name, mark.learner, learners, taken)
        world = learners.get(learner, mark.seed)
        digest = _digest(bag, f"{options}|{learner}|{world}|{refused}")
        found.append(Entry(path, learner, bag, world, digest, refused))
    return found


class _Mark(NamedTuple):
    """What a workbook.toml says."""

    learner: str = ""
    seed: int | None = None


def _marked(bag: Bag) -> _Mark:
    """What the shallowest workbook.toml says; nothing where there is none that can be read."""
    for member in bags.only(bag, bags.MARK):
        try:
            told = tomllib.loads(member.read().decode("utf-8"))
        except (Unreadable, ValueError, RecursionError):
            bag.notes.append(f"{bags.printable(member.name)} cannot be read: left out")
            return _Mark()
        seed = told.get("seed")
        sound = type(seed) is int and 0 <= seed < LARGEST
        return _Mark(slug(str(told.get("learner", ""))), seed if sound else None)
    return _Mark()


def _identity(name: str, told: str, learners: Mapping[str, int], taken: set[str]) -> str:
    """An id for a row and its file: of workbook.toml, of the file's name, or unknown-1."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word in learners]
    known = told if told in learners or (told and not learners) else next(iter(words), "")
    wanted = known or "unknown-1"
    number = 1
    while wanted in taken:
        number += 1
        wanted = f"{known}-{number}" if known else f"unknown-{number}"
    taken.add(wanted)
    return wanted


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
        for number, member in enumerate(bags.only(entry.bag, ".ipynb", *bags.TEXTS))
        if (made := _copied(found, member, wanted, folder / f"{number}"))
    ]
    for exercise in wanted:
        _choose(found, exercise, files)
    _modules_beside(entry.bag, found, files)
    found.record = _record(entry.bag, folder / "record")
    for broken in found.lost:
        found.notes.append(broken)
    return found


def _copied(found: Found, member: Member, wanted: Sequence[Exercise], folder: Path) -> _File | None:
    """Copy one file if it can hold an answer; what cannot be read is noted."""
    name, page = member.path.name, member.name.lower().endswith(".ipynb")
    shown = bags.printable(member.name)
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
    shown = bags.printable(member.name)
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
        told = json.loads(content.decode("utf-8-sig"))
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
            told = bags.printable(holding[-1].member.name)
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
    stem, _, ending = name.lower().rpartition(".")
    if ending == "ipynb":
        return [exercise.id for exercise in wanted if exercise.lab.notebook in stem]
    kind = {exercise.id for exercise in wanted if exercise.module == stem}
    return sorted(kind)


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
    """A file name that no system minds; its ending stays."""
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
    for member in bags.only(bag, bags.DIAGNOSIS)[:1]:
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
    known = bags.only(bag, f"{bags.RECORDS[0]}")
    if not known:
        return None
    folder.mkdir()
    beside = {str(known[0].path.parent / name) for name in bags.RECORDS}
    try:
        for member in bag.members:
            if member.name in beside:
                (folder / member.path.name).write_bytes(member.read())
    except Unreadable:
        return None
    return folder / bags.RECORDS[0]


def wanted_exercises(lab: str, ids: Sequence[str], core: bool) -> list[Exercise]:
    """The exercises to judge: of a lab, by id, or only the core; raises UsageError."""
    chosen = [e for one in catalog.chosen(lab) for e in one.exercises.values()]
    if ids:
        known = {exercise.id for exercise in map(catalog.find, ids)}
        chosen = [exercise for exercise in chosen if exercise.id in known]
    return [exercise for exercise in chosen if exercise.core or not core]
