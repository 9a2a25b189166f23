"""Copies of a state at moments of a run: what a kill at that moment would have left.

The command is stopped (SIGSTOP) after a write, its state is copied, and it goes on. A kill that
aims at the same write may come late on a busy machine; the copy is of the moment that it says.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.runs import family
from fieldkit.state.snapshot import copy, signature

DELAYS = Path("/proc/thread-self/schedstat")  # the second number: nanoseconds without a processor
PATIENCE = 0.5  # seconds until a stopped command stands still
BYTES = 256 << 20  # that all copies of a run may take
SECONDS, SHARE = 1.0, 0.1  # what copies may take: so long, or so much of a run


@dataclass(frozen=True)
class Moment:
    """The state after a number of writes; `late`: seconds that we waited for a processor before."""

    writes: int
    seconds: float
    late: float
    places: tuple[Path, ...]


@dataclass
class Moments:
    """The moments of one run; `due`: the numbers of writes after which a copy is wanted."""

    places: Sequence[Path]
    folder: Path
    due: list[int]
    most: float
    taken: list[Moment] = field(default_factory=list)
    spent: float = 0.0
    waited: float = 0.0

    def are_due(self, writes: int) -> bool:
        """Whether a copy is wanted after so many writes; if not, no time is lost until now."""
        if self.due and writes >= self.due[0] and self.spent < self.most:
            return True
        self.waited = _delay()
        return False

    @contextmanager
    def stopped(self, group: int) -> Iterator[float | None]:
        """Stop a group of processes; gives how late that was, None if they do not stand still."""
        begun = time.perf_counter()
        family.tell(group, signal.SIGSTOP)
        late = _delay() - self.waited
        try:
            yield late if _stand_still(group) else None
        finally:
            self.waited = _delay()
            family.tell(group, signal.SIGCONT)
            self.spent += time.perf_counter() - begun

    def take(self, writes: int, seconds: float, late: float) -> None:
        """Copy the state; nothing is kept if somebody wrote to it meanwhile."""
        while self.due and self.due[0] <= writes:
            self.due.pop(0)
        # A process outside of the group goes on: a copy that mixes two moments was never there.
        with suppress(OSError):
            before = [signature(place) for place in self.places]
            into = self.folder / str(writes)
            copies = tuple(copy(one, into / str(n)) for n, one in enumerate(self.places))
            if before == [signature(place) for place in self.places]:
                self.taken.append(Moment(writes, seconds, late, copies))


def room(largest: int, wanted: int) -> int:
    """How many copies of so many bytes may be made; 0 where a command cannot be watched so."""
    return min(wanted, BYTES // max(1, largest)) if DELAYS.exists() else 0


def _delay() -> float:
    """Seconds that this thread was ready to run and had no processor."""
    with suppress(OSError, IndexError, ValueError):
        return int(DELAYS.read_text(encoding="ascii").split()[1]) / 1e9
    return 0.0


def _stand_still(pid: int) -> bool:
    """Wait until a process and its children are stopped; False if they still run, or none does."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        states = set(family.states(pid))
        if "T" in states and states <= set("TtZX"):
            return True
        if not states or states <= set("ZX"):
            return False
        time.sleep(0.0005)
        family.tell(pid, signal.SIGSTOP)  # who was started meanwhile runs
    return False
