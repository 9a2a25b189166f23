"""The states that a run passes through: each is tried once, wherever the kills happen to hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fieldkit.prove.kills import boundaries, even
from fieldkit.runs.baseline import Baseline
from fieldkit.runs.command import RunResult
from fieldkit.runs.moments import Moment, Moments
from fieldkit.state.compare import Picture
from fieldkit.state.stores import BROKEN

LATE = 0.05  # seconds: who looks later than that may have missed a state
LEAST, EACH, MOST = 8, 3, 40  # copies of a run: so many, and so many more for each kill


def wanted(ran: RunResult, kills: int, room: int) -> list[int]:
    """After which writes of a run like `ran` to look: its long pauses, and evenly spread."""
    count = min(LEAST + EACH * kills, MOST, room)
    if count < 1 or not ran.writes:
        return []
    if ran.writes <= count:
        return list(range(1, ran.writes + 1))
    return sorted({*boundaries(ran)[: count // 2], *even(ran.writes, count - count // 2)})


@dataclass
class Stations:
    """Moments whose data is neither as before nor as after a run, and differs from the others.

    `blind`: the seconds by which the sharpest look came late where the data had changed.
    """

    base: Baseline
    found: list[Moment] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    blind: float = 0.0
    _seen: list[Picture | None] = field(default_factory=list)

    def add(self, moments: Moments) -> None:
        """Look at the copies of a run."""
        self._seen = self._seen or [self.base.before, self.base.after]
        last: Picture | None = self.base.before
        blind = 0.0
        for moment in moments.taken:
            picture = self._picture(moment)
            blind = max(blind, moment.late * (picture != last))
            if picture not in self._seen:
                self.found.append(moment)
                self._seen.append(picture)
            last = picture
        self.blind = min(self.blind, blind) if self.looked else blind
        self.looked += [moment.writes for moment in moments.taken]

    def spread(self, writes: int, kills: Sequence[int] = ()) -> bool:
        """Whether looks and kills, by the write that they came after, hit both halves of a run."""
        return len({at * 2 > writes for at in (*self.looked, *kills)}) > 1

    def _picture(self, moment: Moment) -> Picture | None:
        try:
            return self.base.comparison.look(moment.places)
        except BROKEN:
            return None

    def chosen(self, count: int) -> Sequence[Moment]:
        """At most so many of them, spread over the run."""
        if len(self.found) <= count:
            return self.found
        return [self.found[n * len(self.found) // count] for n in range(count)]
