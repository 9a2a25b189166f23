"""A class: its id, its learners and their worlds; names stand in one private file."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from classroom import signing
from workbook.errors import UsageError, WorkbookError

FILE, ROSTER, KEY = "class.toml", "roster.csv", "class.key"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
WORLDS = 9999


@dataclass(frozen=True)
class Cohort:
    """A class. `learners`: id -> world; `require`: what has to be passed.

    `dealt`: how many ids were given out; one that was forgotten is not given again. `verifies`:
    what certificates of the class are verified with, no secret.
    """

    folder: Path
    id: str
    learners: dict[str, int]
    require: tuple[str, ...] = ()
    dealt: int = 0
    verifies: str = ""

    @property
    def key(self) -> str:
        """What is secret about the class, "" without it: worlds nobody has seen follow from it."""
        path = self.folder / KEY
        return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def read(path: Path) -> Cohort:
    """Read a class.toml, or that of a class's folder; raises WorkbookError."""
    file = path / FILE if path.is_dir() else path
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        learners = {str(key): value for key, value in dict(told["learners"]).items()}
        require, count = tuple(told.get("require", ())), int(told.get("dealt", len(learners)))
        verifies = str(told.get("certificates", ""))
        room = Cohort(file.parent, str(told["class"]), learners, require, count, verifies)
    except FileNotFoundError:
        raise UsageError(f"{file} is not there: `workbook class NAME` makes one") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkbookError(f"{file.name} cannot be read: {error}") from None
    odd = [k for k, v in learners.items() if not (_ID.fullmatch(k) and type(v) is int and v >= 0)]
    if odd:
        raise WorkbookError(f"{file.name}: {odd[0]!r} is not a learner's id with a world")
    return room


def names(room: Cohort) -> dict[str, str]:
    """Learner -> name, of the roster; {} where there is none."""
    path = room.folder / ROSTER
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["id"]: line["name"] for line in csv.DictReader(file) if line.get("id")}


def people(path: Path) -> list[str]:
    """The names of a CSV file: its column `name`, or its first; raises WorkbookError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            told = file.read()
        delimiter = max(",;\t", key=told.partition("\n")[0].count)  # spreadsheets write all three
        lines = [
            line
            for line in csv.reader(io.StringIO(told), delimiter=delimiter)
            if any(map(str.strip, line))
        ]
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise WorkbookError(f"{path.name} is not CSV in UTF-8") from None
    heads = [cell.strip().lower() for cell in lines[0]] if lines else []
    at = heads.index("name") if "name" in heads else 0
    rest = lines[1:] if "name" in heads else lines
    named = [line[at].strip() for line in rest if len(line) > at and line[at].strip()]
    if not named:
        raise WorkbookError(f"{path.name} names nobody: a column `name`, a line for each learner")
    return named


def dealt(key: str, count: int) -> list[int]:
    """Worlds for so many learners, all different; raises UsageError where there are not enough."""
    if count > WORLDS:
        raise UsageError(f"a class has at most {WORLDS} learners: make several")
    found: list[int] = []
    number = 0
    while len(found) < count:
        told = hmac.new(key.encode(), f"world {number}".encode(), hashlib.sha256).hexdigest()
        world = 1 + int(told, 16) % WORLDS
        found += [world] * (world not in found)
        number += 1
    return found


def written(room: Cohort) -> str:
    """A class.toml."""
    require = ", ".join(f'"{one}"' for one in room.require)
    lines = [f'class = "{room.id}"', f"require = [{require}]", f"dealt = {room.dealt}"]
    verifies = signing.public(room.key) if room.key else room.verifies
    lines += [f'certificates = "{verifies}"'] if verifies else []
    lines += ["", "[learners]"]
    return "\n".join([*lines, *(f"{k} = {v}" for k, v in room.learners.items()), ""])


def ids(first: int, count: int) -> list[str]:
    """k01, k02 and so on, from the number `first`."""
    return [f"k{number:02}" for number in range(first, first + count)]
