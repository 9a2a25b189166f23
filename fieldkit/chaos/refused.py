"""What is said where no verdict is possible: likely causes, and what the runs have left."""

from __future__ import annotations

from pathlib import Path

from fieldkit.chaos.sources import FailingSource, Files
from fieldkit.runs.baseline import Baseline
from fieldkit.runs.instead import hint
from fieldkit.runs.landing import some
from fieldkit.runs.workplace import Workplace
from fieldkit.state.scope import written_as_usual

DONE = (
    "it may have noted all of them as done already (start from a state before a load: yesterday's "
    "copy, its checkpoint included), a lock file may have stopped it (remove that), or it reads "
    "another folder"
)


def reads_nothing(place: Workplace, source: FailingSource, *, unchanged: bool) -> str:
    """Why a command may end in the same without the files; `unchanged`: as it began, too."""
    told = (isinstance(source, Files) and source.in_place) or any(
        "{files}" in w for w in place.argv
    )
    give = f"{hint(place.argv, Path(source.address), 'CHAOS_FILES')}, or use --in-place"
    causes = [] if told else [give]
    return "; if it has it: ".join([*causes, *([DONE] if told or unchanged else [])])


def left_behind(base: Baseline, said: str) -> str:
    """The files outside the states that refused runs left, as the end of a message; or ""."""
    before, now = base.outside.before, base.place.surroundings()
    if before is None or now is None:
        return ""
    names = [name for name, found in sorted(now.items()) if before.get(name) != found]
    names = [one for one in names if one not in said and not written_as_usual(base.preset, one)]
    if not names:
        return ""
    return (
        f"; outside its state it left {some(names)}: that was not put back, so undo it before the "
        "next real run"
    )
