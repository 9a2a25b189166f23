"""One answer where two processes take turns, which have nothing of what the other one keeps.

From outside they are two processes; on the page the answer's text runs once more, beside itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from workbook import callee, headless, judge
from workbook.answer import Answer, AnswerTimedOut, Handle, Outcome, Step
from workbook.catalog import Exercise, Section
from workbook.local import LocalAnswer
from workbook.results import Result

ONLY_TWO = "only a second process shows it, which has nothing of what the first one keeps"
World = Callable[[Answer], Result]


class Storing(Answer, Protocol):
    """An answer of which one knows whether it was given a place to store something in."""

    persisted: bool
    files: bool


def by_world(
    exercise: Exercise,
    worlds: Sequence[World],
    alone: Storing,
    others: Callable[[int], Sequence[Answer]],
) -> Iterator[Result]:
    """The first world in one process; the others with a second one in turns, from `others(count)`.

    That costs no world more. What only two processes show is told where one passes.
    """
    first = worlds[0](alone)
    yield first
    stores = first.passed and alone.persisted
    # Of two, every other number is hidden.
    beside = others(2 if alone.files else 1) if stores else ()
    if not beside:
        yield from (world(alone) for world in worlds[1:])
        return
    turns = in_turns(exercise, alone, beside)
    for world in worlds[1:] or worlds:
        result = world(turns)
        if not result.passed:
            again = world(alone)
            result = noted(result) if again.passed else again
        if len(worlds) > 1 or not result.passed:
            yield result


def in_turns(exercise: Exercise, alone: Answer, beside: Sequence[Answer]) -> Alternating:
    """The answers of several processes as one."""
    from workbook import submission  # a session's modules, for which no page waits

    return Alternating([alone, *beside], apart=not submission.has_class(exercise))


def noted(result: Result) -> Result:
    """The result, with what was needed to see it."""
    return replace(result, note=" · ".join(filter(None, (result.note, ONLY_TWO))))


def on_the_page(exercise: Exercise, alone: LocalAnswer, seeds: Sequence[int]) -> Result:
    """Judge an answer of this process in these worlds."""
    if exercise.bound:
        seeds = seeds[:1]

    def world(seed: int) -> World:
        return lambda answer: judge.judge(exercise, answer, [seed])

    def others(count: int) -> list[LocalAnswer]:
        return twins(alone, count)

    return judge.together(by_world(exercise, [world(seed) for seed in seeds], alone, others))


def replayed(exercise: Exercise, alone: LocalAnswer, seed: int, case: str) -> Result:
    """Show one case again; where it is right in one process, in turns with those before it."""
    result = judge.replay(exercise, alone, seed, case)
    if not (result.passed and alone.persisted):
        return result
    told = on_the_page(exercise, alone, [seed])
    found = tuple(one for one in told.findings if one.case == case)
    return replace(told, findings=found, cases=1) if found else result


def twins(alone: LocalAnswer, count: int) -> list[LocalAnswer]:
    """The answer so many times more, its text run anew each time; none where that cannot be.

    What it takes from other cells is what they made once: from outside it is another one, too.
    """
    given = alone.registered
    if "open_lab" in given.source:  # a cell that sets up as well: it would register, and check
        return []
    space = _names_of(given)
    numbers = range(1, count + 1)
    try:
        with callee.quiet():
            made, _ = callee.called(lambda: [_again(given, space, n) for n in numbers], alone.limit)
    except AnswerTimedOut:
        made = None
    if made is None:  # a cell that runs once only is judged as it stands
        return []
    return [LocalAnswer(one, alone.limit) for one in made if set(one.entries) == set(given.entries)]


def _names_of(given: callee.Registered) -> dict[str, Any]:
    """The names of the page as the answer sees them."""
    for entry in given.entries.values():
        parts = [entry, *vars(entry).values()] if inspect.isclass(entry) else [entry]
        for part in map(inspect.unwrap, filter(callable, parts)):
            if isinstance(names := getattr(part, "__globals__", None), dict):
                return names
    return {}


def _again(given: callee.Registered, space: Mapping[str, Any], number: int) -> callee.Registered:
    """What the answer's text defines when it runs anew, in a copy of the page's names."""

    def salted(value: Any) -> int:
        return hash((hash(value), number)) if _has_text(value) else hash(value)

    names = dict(space)
    names.setdefault("hash", salted)
    labs = [name for name, value in space.items() if isinstance(value, headless.Registers)]
    section = Section("own", "own", "", given.source)
    return headless.run_section(section, given.exercise, names, ["lab", *labs])


def _has_text(value: Any) -> bool:
    """Whether Python's hash of a value is another one in each process."""
    if isinstance(value, tuple | frozenset):
        return any(map(_has_text, value))
    return isinstance(value, str | bytes)


class Alternating:
    """One answer in several processes with different hash seeds, or as if, call by call.

    What an answer keeps in its process, or makes of Python's salted `hash`, is not there on the
    next call, as it would not be in the next night's run. `apart`: the exercise has functions
    only, so that the steps of a script may run in different processes; a class's objects may not.
    """

    def __init__(self, answers: Sequence[Answer], *, apart: bool) -> None:
        self.text, self._apart = answers[0].text, apart
        self._answers, self._calls = list(answers), [0] * len(answers)
        self._last: tuple[int, int] | None = None  # whose turn it was, and its calls before

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._next().call(**data)

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it for each set of arguments; those that share a handle's world, one by one."""
        given = list(batch)
        if any(isinstance(value, Handle) for data in given for value in data.values()):
            return [self.call(**data) for data in given]
        return self._next().map(given)

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; players that take turns are in one process."""
        if order or not self._apart:
            return self._next().play(script, order)
        return [self._next().play([step])[0] for step in script]

    def place(self) -> str:
        """Return the path of a database file that does not exist yet: another world begins."""
        self._last = None
        return self._answers[0].place()

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        self._last = None
        return self._answers[0].folder()

    def _next(self) -> Answer:
        """Another one than the last; if there is a choice, one that was called as often before.

        What it counts by itself then comes to the number that is there already.
        """
        last, before = self._last or (None, None)

        def fit(one: int) -> tuple[bool, bool, int]:
            calls = self._calls[one]
            meets = self._calls.count(calls) > 1 if last is None else calls == before
            return one != last, meets, -calls

        chosen = max(range(len(self._answers)), key=fit)
        self._last = chosen, self._calls[chosen]
        self._calls[chosen] += 1
        return self._answers[chosen]
