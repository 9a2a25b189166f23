"""One edit of a text: what it does, where, and the text with it; how a mutant is named."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Edit:
    """Replace text[start:end] by `new`; `what` says in a few words what that does."""

    what: str
    start: int
    end: int
    new: str = ""

    def applied(self, text: str) -> str:
        """The text with this edit."""
        return text[: self.start] + self.new + text[self.end :]

    def moved(self, by: int) -> Edit:
        """The same edit in a text that begins `by` characters earlier."""
        return Edit(self.what, self.start + by, self.end + by, self.new)


@dataclass(frozen=True)
class Mutant:
    """A right answer with one edit. `section`: the name of that answer.

    `nth`: how many like it come before in that answer, as where one line stands there twice.
    """

    exercise: str
    section: str
    what: str
    original: str
    text: str
    nth: int = 0

    @property
    def changes(self) -> list[str]:
        """The lines that differ, each with one of its neighbours, without line numbers."""
        lines = self.original.splitlines(), self.text.splitlines()
        told = list(difflib.unified_diff(*lines, lineterm="", n=1))[2:]
        return ["@@" if line.startswith("@@") else line for line in told]

    @property
    def key(self) -> str:
        """Eight characters that stay the same when other lines of the answer change."""
        told = "\n".join((self.exercise, self.section, *self.changes, *["again"] * self.nth))
        return hashlib.sha1(told.encode()).hexdigest()[:8]

    @property
    def diff(self) -> str:
        """The edit as a unified diff."""
        lines = self.original.splitlines(), self.text.splitlines()
        return "\n".join(difflib.unified_diff(*lines, self.section, self.what, lineterm=""))


def dropped(text: str, start: int, end: int, what: str) -> Edit:
    """Drop text[start:end], and the line if nothing else stands in it."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if not text[begin:start].strip() and not text[end:stop].strip():
        start, end = begin, min(stop + 1, len(text))
    return Edit(what, start, end)


def numbers(text: str) -> Iterator[str]:
    """What a number as it is written may be off by: one, and a tenth where that is more."""
    try:
        value = int(text)
    except ValueError:
        value = float(text)
        yield f"{value * 1.1:.6g}" if value else "1.0"
        return
    yield str(value + 1)
    yield str(value - 1)
    if abs(value) >= 15:
        yield str(round(value * 1.1))


def different(exercise: str, section: str, text: str, edits: Iterable[Edit]) -> list[Mutant]:
    """A mutant for each edit that leaves another text; two edits to one text are one mutant."""
    made: dict[str, Mutant] = {}
    for edit in edits:
        new = edit.applied(text)
        if new != text:
            made.setdefault(new, Mutant(exercise, section, edit.what, text, new))
    met: Counter[str] = Counter()
    for new, mutant in made.items():
        key = mutant.key
        made[new] = replace(mutant, nth=met[key])
        met[key] += 1
    return list(made.values())
