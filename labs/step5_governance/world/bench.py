"""Where an answer builds role databases, and what was built there, each file only once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from labs.step5_governance.world import bases, club
from labs.step5_governance.world.bases import ALIKE, EXTRAS, MIXED, Content
from labs.step5_governance.world.data import Northlight, northlight
from labs.step5_governance.world.wanted import as_yaml
from workbook import Answer, AnswerFailed
from workbook.answer import Failure

KEY = b"one-key-for-all-role-files-2026"
TEXT = b"nothing yet\n"
LIES = {"analyst_eu": "", "support_us": "hr"}  # over a text, over the file of another role
T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """A folder for bases and files, and the answer that builds."""

    answer: Answer
    seed: int
    folder: Path
    outs: dict[tuple[str, ...], Path] = field(default_factory=dict)
    kept: dict[tuple[str, ...], Content] = field(default_factory=dict)
    alike: dict[str, bool] = field(default_factory=dict)  # by role, see all_alike
    mine: set[str] = field(default_factory=set)  # names in the folder that the judge gave

    @property
    def company(self) -> Northlight:
        """The rows of the first world."""
        return northlight(self.seed, bases.ORDERS)

    def build(self, base: Path, out: Path, roles: Sequence[str], **other: Any) -> Any:
        """Let the answer build a file; the outcome."""
        out.parent.mkdir(parents=True, exist_ok=True)
        given = {"policy": as_yaml(), "key": KEY} | other
        return self.answer.call(base=str(base), roles=list(roles), out=str(out), **given)

    def base(self, roles: Sequence[str], how: str = ALIKE) -> Path:
        """A base file of a world; the same file for the same world."""
        of = () if how in (ALIKE, EXTRAS) else tuple(roles)
        path = self.named(f"base-{'-'.join((how, *of))}.duckdb")
        if not path.exists():
            path.write_bytes(bases.file(self.seed, of, how))
        return path

    def club(self) -> Path:
        """The file of the club for its two roles; built once."""
        if club.ROLES not in self.outs:
            base, out = self.named("club.duckdb"), self.place()
            base.write_bytes(bases.club_file(self.seed))
            self.build(base, out, club.ROLES, policy=club.POLICY).value  # noqa: B018
            self.outs[club.ROLES] = out
        return self.outs[club.ROLES]

    def file(self, roles: Sequence[str], how: str = ALIKE, **other: Any) -> Path:
        """A file that the answer built just now; raises AnswerFailed."""
        out = self.place()
        self.build(self.base(roles, how), out, roles, **other).value  # noqa: B018  where it raised
        return out

    def place(self) -> Path:
        """Where a file may be built, in a folder of its own."""
        return self.named(secrets.token_hex(4)) / "role.duckdb"

    def named(self, name: str) -> Path:
        """A place of that name in the folder."""
        self.mine.add(name)
        return self.folder / name

    def first(self, roles: Sequence[str]) -> Path:
        """The file of the first world; built once, however often it is asked for."""
        key = tuple(roles)
        if key not in self.outs:
            self.outs[key] = self.file(roles)
        return self.outs[key]

    def all_alike(self, *roles: str) -> bool:
        """Whether one more file of each role holds the same where much is another at once.

        Its base has other secrets, and more than tables; something lies where it is built, see
        LIES. What makes no difference together makes none alone, and is not built for that.
        """
        for role in roles:
            if role not in self.alike:
                try:
                    self.alike[role] = self._alike(role)
                except AnswerFailed:
                    self.alike[role] = False
        return all(self.alike[role] for role in roles)

    def _alike(self, role: str) -> bool:
        out, before = self.place(), LIES[role]
        out.parent.mkdir()
        out.write_bytes(self.first([before]).read_bytes() if before else TEXT)
        self.build(self.base([role], MIXED), out, [role]).value  # noqa: B018  where it raised
        return opened(out) == self.built([role]) and not read(bases.objects, out)

    def built(self, roles: Sequence[str]) -> Content:
        """What that file holds."""
        key = tuple(roles)
        if key not in self.kept:
            self.kept[key] = opened(self.first(roles))
        return self.kept[key]


def opened(out: Path) -> Content:
    """What a file holds; raises AnswerFailed where it is not there or cannot be read."""
    content: Content = read(bases.content, out)
    return content


def read(look: Callable[[Path], T], out: Path) -> T:
    """What a look at a file finds; raises AnswerFailed where it is not there or cannot be read."""
    try:
        return look(out)
    except OSError:
        raise AnswerFailed(Failure("FileNotFoundError", "there is no file at out")) from None
    except duckdb.Error as error:
        first = re.split("[\"']", str(error).strip())[0].strip()
        raise AnswerFailed(Failure("file", f"the file at out cannot be opened: {first}")) from None
