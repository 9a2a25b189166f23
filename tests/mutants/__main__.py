"""`make mutants`: judge the mechanical edits of right answers, print those that nobody caught."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence

from tests.mutants.answers import mutants
from tests.mutants.edits import Mutant
from tests.mutants.equivalents import NAME, Equivalent, kept
from tests.mutants.judging import Judged, all_judged
from workbook import catalog
from workbook.catalog import Exercise
from workbook.errors import WorkbookError

WANTED = 0.97  # of the mutants that are not equivalent


def main() -> int:
    """Print figures for the exercises that are asked for; 1 where too few are caught."""
    given = _arguments()
    try:
        chosen = [catalog.find(one) for one in given.exercise] or [
            exercise for lab in catalog.labs() for exercise in lab.exercises.values()
        ]
    except WorkbookError as error:
        print(f"make mutants: {error}", file=sys.stderr)
        return 2
    shares = [_exercise(exercise, given) for exercise in chosen]
    return 0 if all(share >= WANTED for share in shares) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("exercise", nargs="*", help="ids of exercises; all without one")
    parser.add_argument("--sample", type=int, default=0, help="at most so many of an exercise")
    parser.add_argument("--seed", type=int, default=7, help="which sample")
    parser.add_argument("--jobs", type=int, default=2, choices=(1, 2), help="processes")
    return parser.parse_args()


def sampled(all_of_them: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """A sample that is the same each time, in the order of the text; all where size is 0."""
    if not size or len(all_of_them) <= size:
        return all_of_them
    chosen = set(random.Random(seed).sample(range(len(all_of_them)), size))
    return [mutant for number, mutant in enumerate(all_of_them) if number in chosen]


def _exercise(exercise: Exercise, given: argparse.Namespace) -> float:
    """Judge and print an exercise's mutants; the share caught of those not equivalent."""
    there = mutants(exercise)
    chosen = sampled(there, given.sample, given.seed)
    known = {row.key: row for row in kept(exercise.lab.id) if row.exercise == exercise.id}
    results = list(all_judged([m for m in chosen if m.key not in known], given.jobs))
    for one in results:
        if not one.caught:
            print(survivor(one), end="\n\n")
    for row in _stale(known.values(), there):
        print(f"{exercise.id}: {NAME} has {row.key} ({row.what}), and there is no such mutant")
    line, share = summary(exercise.id, results, len(chosen), len(there))
    print(line, flush=True)
    return share


def _stale(rows: Sequence[Equivalent], there: Sequence[Mutant]) -> list[Equivalent]:
    made = {mutant.key for mutant in there}
    return [row for row in rows if row.key not in made]


def survivor(one: Judged) -> str:
    """What nobody caught: its key for the kept list, and the edit as a diff."""
    mutant = one.mutant
    told = f"{mutant.key} | {mutant.exercise} | {mutant.section} | {mutant.what}"
    why = f"\nthe check broke: {one.why}" if one.why else ""
    return f"{one.outcome}: {told}{why}\n{mutant.diff}"


def summary(name: str, results: Sequence[Judged], chosen: int, there: int) -> tuple[str, float]:
    """One line of figures, and the share that was caught."""
    caught = sum(one.caught for one in results)
    share = caught / len(results) if results else 1.0
    of = f"{chosen}" if chosen == there else f"{chosen} drawn of {there}"
    kinds = Counter(one.outcome for one in results if one.caught)
    ends = ", ".join(f"{kinds[kind]} {kind}" for kind in ("ERROR", "TIMED OUT") if kinds[kind])
    line = f"{name}: {of} mutants, {chosen - len(results)} equivalent, {caught} caught"
    line += f" ({ends})" if ends else ""
    return f"{line}, {len(results) - caught} not: {100 * share:.1f} %", share


if __name__ == "__main__":
    sys.exit(main())
