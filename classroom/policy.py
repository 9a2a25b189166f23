"""What has to be passed: `--require step4_state:core`, and whether a learner's row meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classroom.rows import Graded, Row
from workbook import catalog
from workbook.errors import UsageError

SEEN = "+seen"


@dataclass(frozen=True)
class Policy:
    """What has to be passed. `required`: ids, each with whether help may have been had."""

    required: dict[str, bool]

    def wants(self, one: Graded) -> bool:
        """Whether an exercise is required."""
        return one.id in self.required

    def met_by(self, one: Graded) -> bool:
        """Whether an exercise that is required is passed, unaided unless help may be had."""
        return one.passed if self.required[one.id] else one.unaided

    def missing(self, row: Row) -> list[str]:
        """What a learner still has to pass."""
        met = {one.id for one in row.exercises if self.wants(one) and self.met_by(one)}
        return [name for name in self.required if name not in met]

    def met(self, graded: Sequence[Row]) -> bool:
        """Whether everybody has passed what is required."""
        return not any(self.missing(row) for row in graded)

    def told(self, graded: Sequence[Row]) -> str:
        """The policy and who meets it, in one line."""
        good = sum(not self.missing(row) for row in graded)
        if len(graded) == 1:
            missing = self.missing(graded[0])
            return f"Required and not met: {', '.join(missing)}" if missing else "Required: all met"
        return f"Required exercises: {good} of {len(graded)} have passed them all"


def read(told: Sequence[str]) -> Policy:
    """Read `LAB:core`, `LAB:all`, `LAB:ID` or `ID`, with `+seen` where help may have been had.

    Raises UsageError for what is none of these.
    """
    required: dict[str, bool] = {}
    for part in (one for text in told for one in text.split(",") if one.strip()):
        name = part.strip().removesuffix(SEEN)
        for exercise in _named(name):
            required[exercise] = part.strip().endswith(SEEN)
    return Policy(required)


def _named(name: str) -> list[str]:
    lab, colon, what = name.partition(":")
    if not colon:
        return [catalog.find(lab).id]
    found = [e for one in catalog.chosen(lab) for e in one.exercises.values()]
    if what in ("core", "all"):
        return [exercise.id for exercise in found if exercise.core or what == "all"]
    if what in {exercise.id for exercise in found}:
        return [what]
    raise UsageError(f"--require {name}: after the lab comes core, all, or one of its exercises")
