"""Judges an answer: every case of an exercise's check, on several worlds, to one result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from workbook.answer import (
    Answer,
    AnswerFailed,
    AnswerTimedOut,
    CannotJudge,
    Failure,
    ProtocolBroken,
)
from workbook.catalog import Exercise
from workbook.errors import UsageError
from workbook.render import Row, printable
from workbook.results import Case, Finding, Result, Verdict

# Of code that raises nobody knows yet whether it has the defect that the case was made to find.
_RAISED = {
    "message": "Your code raises an error where it should work",
    "cost": "the run ends here, and somebody is called",
    "look": "the line that raised; what is special in this case, and does that line allow for it?",
}
OBSERVED = 1_000  # characters of what was observed that a finding shows
WORLDS = 2  # worlds that a check tries, unless told otherwise


def seeds_from(seed: int, count: int | None = None) -> list[int]:
    """The seeds a check uses for a learner's seed; the learner's own comes first."""
    return [seed + 1000 * number for number in range(count or WORLDS)]


def judge(exercise: Exercise, answer: Answer, seeds: Sequence[int]) -> Result:
    """Try all cases on all seeds; the smallest stands for each finding."""
    if exercise.bound:
        seeds = seeds[:1]
    found: dict[str, Finding] = {}
    cases = 0
    try:
        for finding in tried(exercise, answer, seeds):
            cases += 1
            if finding:
                found.setdefault(finding.id, finding)
    except _ENDS as error:
        return _ended(exercise, error)
    verdict = Verdict.TRY_AGAIN if found else Verdict.PASSED
    return Result(exercise.id, exercise.title, verdict, tuple(found.values()), cases, len(seeds))


def together(results: Iterable[Result]) -> Result:
    """Several worlds' results as one; what could not come to its end ends them."""
    found: dict[str, Finding] = {}
    whole: Result | None = None
    for one in results:
        if one.verdict not in (Verdict.PASSED, Verdict.TRY_AGAIN):
            return one
        for finding in one.findings:
            found.setdefault(finding.id, finding)
        before = whole or replace(one, cases=0, seeds=0, note="")
        whole = replace(
            one,
            verdict=Verdict.TRY_AGAIN if found else Verdict.PASSED,
            findings=tuple(found.values()),
            cases=before.cases + one.cases,
            seeds=before.seeds + one.seeds,
            note=before.note or one.note,
        )
    assert whole is not None
    return whole


def untouched(exercise: Exercise, answer: Answer, seeds: Sequence[int], note: str) -> Result:
    """What a check of the shipped code says: NOT YET, with the smallest case that it fails."""
    result = Result(exercise.id, exercise.title, Verdict.NOT_YET, note=note)
    try:
        first = next(filter(None, tried(exercise, answer, seeds[:1])), None)
    except _ENDS:
        return result  # the starter ends so by design; the page has shown it
    return replace(result, findings=(first,)) if first else result


def tried(exercise: Exercise, answer: Answer, seeds: Sequence[int]) -> Iterator[Finding | None]:
    """Try one case after the other; raises AnswerTimedOut, and AnswerFailed in a plain case."""
    for seed in seeds:
        for case in exercise.cases(answer, seed):
            yield run_case(exercise, case, seed)


def run_case(exercise: Exercise, case: Case, seed: int) -> Finding | None:
    """Run one case; raises AnswerFailed only in a plain one."""
    words: dict[str, str] = {}
    try:
        finding = case.run()
    except AnswerFailed as error:
        if case.plain:
            raise
        finding = Finding(case.on_error, _raised(error.failure))
        words = {} if case.on_error in exercise.lab.raising else _RAISED
    if finding is None:
        return None
    told = exercise.lab.findings[finding.id] | words
    told |= {"observed": _shown(finding.observed)}
    rows = tuple(map(_printable, finding.rows))
    return replace(finding, rows=rows, case=case.name, seed=seed, plain=case.plain, **told)


def _shown(text: str) -> str:
    """What was observed may hold text of the answer's own, of any length."""
    return printable(text if len(text) <= OBSERVED else text[:OBSERVED] + "…")


def _printable(row: Row) -> Row:
    return {name: printable(v) if isinstance(v, str) else v for name, v in row.items()}


def replay(exercise: Exercise, answer: Answer, seed: int, name: str) -> Result:
    """Run one case again, after those before it if it is right by itself.

    Raises UsageError if there is no such case.
    """
    known = []
    try:
        for case in exercise.cases(answer, seed):
            known.append(case.name)
            if case.name == name:
                finding = run_case(exercise, case, seed) or _in_its_place(
                    exercise, answer, seed, name
                )
                verdict = Verdict.TRY_AGAIN if finding else Verdict.PASSED
                found = (finding,) if finding else ()
                note = "" if finding else "this case is right now"
                return Result(exercise.id, exercise.title, verdict, found, 1, 1, note)
    except _ENDS as error:
        return _ended(exercise, error)
    raise UsageError(f"{exercise.id} has no case {name!r} on seed {seed}{_like(name, known)}")


def _in_its_place(exercise: Exercise, answer: Answer, seed: int, name: str) -> Finding | None:
    """What a case finds after those before it: some defects show in what others left only."""
    for case in exercise.cases(answer, seed):
        finding = run_case(exercise, case, seed)
        if case.name == name:
            return finding
    return None


def _like(name: str, known: Sequence[str]) -> str:
    """The cases that may have been meant."""
    meant = get_close_matches(name, known, 3, 0.3) or known[:3]
    return f"; there is: {', '.join(map(repr, meant))}" if meant else ""


def _raised(failure: Failure) -> str:
    return f"your code raised {failure}"


def _too_long(exercise: Exercise) -> str:
    return (
        f"your code was stopped after {exercise.seconds:g} s in one call: does it come to its end?"
    )


_ENDS = (AnswerTimedOut, AnswerFailed, ProtocolBroken, CannotJudge)


def failed(exercise: Exercise, error: Exception) -> Result:
    """The result where a check, led astray by what an answer left, has an error of its own."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    note = f"the check itself failed: {why}"
    return Result(exercise.id, exercise.title, Verdict.COULD_NOT_JUDGE, note=note)


def _ended(exercise: Exercise, error: Exception) -> Result:
    """The result where an answer, or the judge, could not come to the last case."""
    verdict, note = Verdict.ERROR, str(error)
    if isinstance(error, AnswerTimedOut):
        verdict, note = Verdict.TIMED_OUT, str(error) or _too_long(exercise)
    elif isinstance(error, ProtocolBroken):
        note = f"the answer's process broke the protocol: {error}"
    elif isinstance(error, CannotJudge):
        verdict = Verdict.COULD_NOT_JUDGE
    return Result(exercise.id, exercise.title, verdict, note=note)
