"""Mutants judged as a learner's answer would be, in two processes at most."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.mutants.edits import Mutant
from workbook import catalog, judge
from workbook.answer import AnswerFailed, AnswerTimedOut
from workbook.headless import answer_of
from workbook.local import LocalAnswer

SEED = 7
PASSED, NO_VERDICT = "PASSED", "NO VERDICT"
EACH = 40  # mutants to a process: what they leave in its memory goes with it
PATIENCE = 300.0  # seconds without any verdict after which the mutant at work counts as hung


@dataclass(frozen=True)
class Judged:
    """A mutant and what came of it: PASSED, a finding's id, ERROR, TIMED OUT or NO VERDICT.

    `why`: the judge's own error where there is no verdict.
    """

    mutant: Mutant
    outcome: str
    why: str = ""

    @property
    def caught(self) -> bool:
        """Whether the check saw that it is wrong."""
        return self.outcome not in (PASSED, NO_VERDICT)


def judged(mutant: Mutant) -> Judged:
    """Judge a mutant to the first thing that speaks against it, on the two worlds of a check."""
    exercise = catalog.find(mutant.exercise)
    seeds = judge.seeds_from(SEED)[: 1 if exercise.bound else None]
    try:
        registered = answer_of(exercise.lab, exercise.id, mutant.text, seed=SEED)
    except BaseException:
        return Judged(mutant, "ERROR")
    answer = LocalAnswer(registered, exercise.seconds)
    try:
        found = next(filter(None, judge.tried(exercise, answer, seeds)), None)
    except AnswerTimedOut:
        return Judged(mutant, "TIMED OUT")
    except AnswerFailed:
        return Judged(mutant, "ERROR")
    except Exception as error:  # a check that breaks is a hole of its own kind
        return Judged(mutant, NO_VERDICT, f"{type(error).__name__}: {error}")
    return Judged(mutant, found.id if found else PASSED)


def all_judged(mutants: Sequence[Mutant], jobs: int) -> Iterator[Judged]:
    """Judge mutants side by side, in their order; a process that hangs is ended, and told."""
    left = list(mutants)
    while left:
        with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=EACH) as pool:
            results = pool.imap(judged, tuple(left))
            try:
                while left:
                    yield results.next(timeout=PATIENCE)
                    left.pop(0)
            except multiprocessing.TimeoutError:
                yield Judged(left.pop(0), "TIMED OUT")
