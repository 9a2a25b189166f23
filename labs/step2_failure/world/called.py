"""One call of a learner's retry: what it did with a source that follows a script."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labs.step2_failure.world.endpoint import Try
from workbook import Outcome

NEAR = 0.01  # seconds that nobody minds
Script = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Ran:
    """What one call of the answer did with a source that follows a script."""

    script: Script
    most: int
    deadline: float
    outcome: Outcome
    tries: list[Try]
    seconds: float

    @property
    def told(self) -> str:
        """How it ended, in few words."""
        if self.outcome.crashed:
            return "no end"
        failure = self.outcome.failure
        return f"{failure.type} raised" if failure else f"{self.outcome.result!r:.40} returned"

    @property
    def early(self) -> tuple[float, float] | None:
        """What Retry-After asked for and after how many seconds the next try came, if early."""
        for one, following in itertools.pairwise(self.tries):
            if following.began < one.not_before - NEAR:
                return one.not_before - one.ended, following.began - one.ended
        return None

    @property
    def idle(self) -> float:
        """Seconds between the end of the last try and the end of all."""
        return self.seconds - self.tries[-1].ended if self.tries else self.seconds

    @property
    def waited(self) -> float:
        """Seconds between tries."""
        return sum(b.began - a.ended for a, b in itertools.pairwise(self.tries))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first tries, with what they met."""
        steps = [self.script[min(n, len(self.script) - 1)] for n in range(len(self.tries))]
        pairs = zip(self.tries, steps, strict=True)
        return [{"second": round(t.began, 1), "met": met(step)} for t, step in pairs][:3]


def ran(given: dict[str, Any], outcome: Outcome) -> Ran:
    """What an outcome's evidence says."""
    seen = outcome.evidence["fn"]
    tries = [Try(*one) for one in seen["tries"]]
    script = given["fn"].script
    return Ran(script, given["tries"], given["deadline"], outcome, tries, seen["seconds"])


def met(step: dict[str, Any]) -> str:
    """What a try meets."""
    if "value" in step:
        return "an answer"
    kind = step.get("bug") or step.get("breaks") or f"status {step['status']}"
    if "after" not in step:
        return str(kind)
    return f"{kind}, Retry-After {step['after']} s" + (" (as a date)" if step.get("dated") else "")
