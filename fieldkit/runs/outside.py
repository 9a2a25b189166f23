"""What a command writes outside its states, and whether a later run reads it again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.report.words import plural
from fieldkit.runs.command import RunResult
from fieldkit.runs.landing import some
from fieldkit.runs.moments import Moments
from fieldkit.runs.watch import Reads
from fieldkit.runs.workplace import Workplace
from fieldkit.state.folders import is_log
from fieldkit.state.scope import written_as_usual

MOST = 200  # files that are watched: more are a build's or a cache's

Files = dict[str, tuple[int, ...]]


@dataclass
class Outside:
    """Files outside the states: by clean run, which changed; and what a later run read of them.

    `preset`: a tool whose own files do not count; `watched`: whether reads can be seen here.
    `took`: what the first run moved or removed, in words, or "".
    """

    place: Workplace
    preset: str
    changed: list[set[str]] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    before: Files | None = None
    watched: bool = True
    took: str = ""

    def clean_run(self, limit: float, moments: Moments | None) -> RunResult:
        """Run once from here; a later run is watched for what it reads of the first one's files."""
        around, first = self.place.surroundings(), sorted(self.changed[0]) if self.changed else []
        if len(first) > MOST:
            first = []
        reads = Reads([Path(name) for name in first])
        try:
            ran = self.place.run(limit, moments=moments)
            found = reads.first()
        finally:
            reads.close()
        read = [name for name in first if not is_log(name)] if found is None else map(str, found)
        self.watched = self.watched and (found is not None or not first)
        self.remembered = sorted({*self.remembered, *read})
        self.changed.append(self._changed(around))
        return ran

    def forget_later(self) -> None:
        """Keep what is known of the first clean run only."""
        del self.changed[1:]

    def _changed(self, around: Files | None) -> set[str]:
        after = self.place.surroundings()
        if around is None or after is None:
            return set()
        gone = [name for name in around if name not in after]
        gone = [name for name in sorted(gone) if not written_as_usual(self.preset, name)]
        self.took = self.took or (_took(gone, around, after) if gone else "")
        changed = {name for name, found in after.items() if around.get(name) != found}
        return {name for name in changed if not written_as_usual(self.preset, name)}

    @property
    def named(self) -> str:
        """The files that the command remembers something in; "" if none was seen."""
        return some(self.remembered)

    @property
    def in_the_way(self) -> str:
        """What a second run may have failed for, as an advice; "" for a first run."""
        if self.took:
            return f"; the first had {self.took} outside its state: name the folders with --state"
        if len(self.changed) < 2 or not self.changed[0]:
            return ""
        wrote = some(sorted(self.changed[0]))
        return f"; the first had written outside its state ({wrote}): name that with --state"

    def warnings(self) -> list[str]:
        """What stays changed after all is done, in words."""
        both = sorted(set.intersection(*self.changed))
        once = sorted(set.union(*self.changed).difference(both))
        found = []
        if self.took:
            found.append(
                f"{self.took}, outside its state: that was not put back; move it back before the "
                "next real run, and name the folders with --state (with --in-place, where paths "
                "stand in the script)"
            )
        if both:
            found.append(
                f"wrote outside its state: {some(both)}; that was not put back and stays as it is "
                "now: undo it before the next real run, and if the command reads it again, name it "
                "with --state"
            )
        if once:
            # A checkpoint is written once; another process's files change at any time.
            found.append(
                f"changed outside its state during one of two clean runs: {some(once)}; if the "
                "command wrote it, name it with --state; another process may have"
            )
        return found

    def left(self) -> list[str]:
        """The new files that no clean run leaves, as a warning: a killed one has."""
        now = self.place.surroundings()
        if self.before is None or now is None:
            return []
        new = now.keys() - self.before.keys() - set().union(*self.changed)
        left = sorted(name for name in new if not written_as_usual(self.preset, name))
        if not left:
            return []
        return [
            f"left outside its state by a later run: {some(left)}; remove it before "
            "the next real run"
        ]


def _took(gone: Sequence[str], around: Files, after: Files) -> str:
    """Which files were moved from where to where, or removed, in words."""
    new = {found: name for name, found in after.items() if name not in around}
    moves = {(os.path.dirname(one) or ".", _folder_of(new.get(around[one]))) for one in gone}
    from_to = next(iter(moves))
    if len(moves) == 1 and from_to[1]:
        return f"moved {plural(len(gone), 'file')} from {from_to[0]} to {from_to[1]}"
    return f"moved or removed {plural(len(gone), 'file')} ({some(gone)})"


def _folder_of(name: str | None) -> str:
    return "" if name is None else os.path.dirname(name) or "."
