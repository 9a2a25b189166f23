"""Judging from outside: submissions of one page, in a session, each to one result."""

from __future__ import annotations

import contextlib
import functools
import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from workbook import (
    copies,
    entering,
    headless,
    judge,
    launch,
    needed,
    pages,
    sandbox,
    submission,
    turns,
)
from workbook.answer import Answer, CannotJudge, ProtocolBroken
from workbook.callee import Registered
from workbook.catalog import Exercise
from workbook.errors import UsageError, WorkbookError
from workbook.local import LocalAnswer
from workbook.process import ProcessAnswer
from workbook.results import Result, Verdict
from workbook.session import Cell, Session, Stop
from workbook.submission import Submission

BUBBLEWRAP, NONE = "bubblewrap", "none"
_HOLDER = re.compile(r" in \S+ \(PID \d+\).*")  # of DuckDB's: differs each time


def isolation(wanted: str) -> str:
    """What `auto`, `bubblewrap` or `none` comes to here; raises WorkbookError."""
    if wanted == "auto":
        return BUBBLEWRAP if sandbox.available() else NONE
    if wanted not in (BUBBLEWRAP, NONE):
        raise UsageError(f"isolation {wanted!r}: there are auto, {BUBBLEWRAP} and {NONE}")
    if wanted == BUBBLEWRAP:
        sandbox.program()  # raises where there is none
    return wanted


def judged(
    given: Mapping[str, tuple[Exercise, Submission]],
    isolated: str = NONE,
    *,
    worlds: int = 0,
    unseen: Sequence[int] = (),
) -> Iterator[Result]:
    """Judge the submissions of one page, by exercise id, one after the other.

    They share a process; what one of them does to it costs none of the others its verdict. For one
    whose names another's cells bind anew it begins anew. Every submission gets a result, whatever
    it does. `worlds`: how many, the page's own ones; `unseen`: seeds of worlds to judge in after
    the learner's own, instead of those.
    """
    known = {name: _without_process(*one) for name, one in given.items()}
    called = [one for name, one in given.items() if known[name] is None]
    with contextlib.ExitStack() as stack:
        room = _Room(stack, called, isolated)
        warm_up(called, isolated)
        prepare([exercise for exercise, _ in called])
        for name, (exercise, one) in given.items():
            result = known[name] or _guarded(
                room, exercise, one, [one.seed, *unseen] if unseen else _own(one, worlds)
            )
            yield _noted(exercise, one, room.without_paths(result), isolated)


def warm_up(called: Iterable[tuple[Exercise, Submission]], isolated: str) -> None:
    """Have slow modules imported on another processor, while the judge imports its own."""
    running = _with_process(called)
    modules = slow_imports([(exercise, one.cells) for exercise, one in running])
    if modules and isolated == NONE:
        launch.warm_up(launch.HASH_SEEDS[0], modules)
    elif running and isolated == BUBBLEWRAP:
        entering.warm_up(launch.HASH_SEEDS[0], modules)


def _with_process(
    called: Iterable[tuple[Exercise, Submission]],
) -> list[tuple[Exercise, Submission]]:
    """Those for which a process is needed: not texts."""
    return [(exercise, one) for exercise, one in called if one.text is None]


def slow_imports(called: Iterable[tuple[Exercise, Sequence[Cell]]]) -> list[str]:
    """Of the modules that a lab knows to be slow, those that cells of several answers import.

    Processes are then forked from one that has imported them, where that is possible.
    """
    wanted = Counter(
        name for exercise, cells in called for name in needed.imports(cells, exercise.lab.preload)
    )
    return [name for name, answers in wanted.items() if answers > 1]


def replayed(exercise: Exercise, given: Submission, case: str, isolated: str = NONE) -> Result:
    """Try one case of a check again; raises UsageError where there is no such case."""
    prepare([exercise])
    with contextlib.ExitStack() as stack:
        room = _Room(stack, [(exercise, given)], isolated)

        def tried(answer: Answer) -> Result:
            return judge.replay(exercise, answer, given.seed, case)

        result = room.without_paths(_called(room, exercise, given, [tried]))
    return _noted(exercise, given, result, isolated)


def prepare(exercises: Sequence[Exercise]) -> None:
    """Import checks and worlds; whoever looks for garbage meanwhile finds none, and takes long."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        for one in exercises:
            one.prepare()
    finally:
        if collecting:
            gc.enable()


def _without_process(exercise: Exercise, given: Submission) -> Result | None:
    """The result of a submission for which nothing has to run, else None."""
    if not given.source:
        return _said(exercise, Verdict.NOT_YET, "")
    if submission.untouched(exercise, given):
        return _shipped(exercise, given.seed)
    if given.cells and (broken := submission.syntax_error(given.source)):
        return _said(exercise, Verdict.ERROR, broken)
    return None


def _shipped(exercise: Exercise, seed: int) -> Result:
    """What the code that shipped gets: it is ours, and so it is judged here."""
    shipped = pages.starters(exercise.lab.page)[exercise.id].source
    answer = headless.answer_of(exercise.lab, exercise.id, shipped, seed=seed)
    local = LocalAnswer(answer, exercise.seconds)
    return judge.untouched(exercise, local, judge.seeds_from(seed), headless.UNTOUCHED)


class _Room:
    """The sessions of a page: one, and where answers store something a second one beside it.

    Cells run when the first exercise that needs them has its turn, as they would on the page.
    """

    def __init__(
        self,
        stack: contextlib.ExitStack,
        called: Sequence[tuple[Exercise, Submission]],
        isolated: str,
    ) -> None:
        self._stack, self._isolated = stack, isolated
        self._called = _with_process(called)
        self._modules = slow_imports([(e, one.cells) for e, one in self._called])
        self._first: Session | None = None
        self._others: list[Session] = []
        self._entered: list[Session] = []

    def first(self, cells: Sequence[Cell]) -> Session:
        """The session, in which these cells have run; it begins when it is needed."""
        if self._first is None:
            made = self._made(launch.HASH_SEEDS[0], cells, None, self._modules)
            [self._first] = self._begun([made])
        else:
            _ready(self._first, cells)
        # A second one is begun for the answers that store: what others import it can do without.
        self._first.beside = tuple(needed.imports(cells, self._modules))
        return self._first

    def others(self, count: int, cells: Sequence[Cell]) -> list[Session]:
        """So many sessions with another hash seed, which share the first one's exchange folder.

        The first one begins anew beside them, so that counters in all their processes meet.
        """
        assert self._first is not None
        self._first.stop()
        again = [self._threads.submit(self._first.start)]
        modules = self._first.beside
        there = self._others[:count]
        again += [self._threads.submit(_ready, one, cells, modules) for one in there]
        more = range(len(self._others), count)
        made = [self._made(launch.HASH_SEEDS[1], cells, self._first, modules) for _ in more]
        try:
            self._others += self._begun(made)
            for one in again:
                one.result()
        except BaseException:
            for session in (self._first, *self._others):
                session.leave()
            raise
        finally:
            wait(again)
        return self._others[:count]

    @functools.cached_property
    def _threads(self) -> ThreadPoolExecutor:
        """Threads that begin sessions at the same time: each waits for its process most of it.

        They live as long as the room: a process that began cold ends with the thread it is of.
        """
        return self._stack.enter_context(ThreadPoolExecutor(3))

    def _begun(self, made: Sequence[Session]) -> list[Session]:
        entered = [self._threads.submit(one.__enter__) for one in made]
        try:
            wait(entered)
        except BaseException:  # Ctrl-C: their threads wait for what a cell may take
            for one in made:
                one.leave()
            raise
        for one, done in zip(made, entered, strict=True):
            if done.exception() is None:
                self._stack.push(one)
                self._entered.append(one)
        self._stack.callback(self._leave)  # comes first: then all of them end at the same time
        return [done.result() for done in entered]

    def _leave(self) -> None:
        for one in self._entered:
            one.leave()

    def without_paths(self, result: Result) -> Result:
        """A result whose note does not say where the exchange folder lies, nor who holds a lock."""
        if self._first is None:
            return result
        note = result.note.replace(f"{self._first.exchange}/", "")
        return replace(result, note=_HOLDER.sub("", note))

    def _made(
        self,
        hash_seed: str,
        cells: Sequence[Cell],
        shares: Session | None,
        modules: Sequence[str],
    ) -> Session:
        _, any_of_them = self._called[0]
        return Session(
            cells,
            cwd=any_of_them.folder,
            isolated=self._isolated == BUBBLEWRAP,
            hash_seed=hash_seed,
            handed=_handed(self._called),
            shares=shares,
            modules=modules,
        )


def _ready(held: Session, cells: Sequence[Cell], modules: Sequence[str] = ()) -> None:
    """Have the cells run in a session, which begins anew where others that ran are in their way.

    Also where it lacks modules that they import: it is then forked from a server that has them.
    """
    lacks = not set(modules) <= set(held.modules)
    if held.running() and (lacks or not needed.can_follow(cells, held.ran)):
        held.stop()
    held.modules = tuple(modules) if lacks else held.modules
    held.need(cells)


def _handed(called: Sequence[tuple[Exercise, Submission]]) -> dict[str, str]:
    """The references that a page continues from: in a sandbox they are not to be seen."""
    handed = {}
    for exercise, one in called:
        known = exercise.lab.exercises
        for wanted in one.continues & known.keys():
            for name in (*known[wanted].uses, wanted):
                handed[name] = known[name].reference.text
    return handed


def _own(given: Submission, worlds: int) -> list[int]:
    return judge.seeds_from(given.seed, worlds or None)


def _guarded(room: _Room, exercise: Exercise, given: Submission, worlds: Sequence[int]) -> Result:
    """Judge; an error of the judge's own is a result, too."""
    try:
        seeds = worlds[: 1 if exercise.bound else None]
        tried = [functools.partial(_one_world, exercise, seed) for seed in seeds]
        return _called(room, exercise, given, tried)
    except CannotJudge as error:
        return _said(exercise, Verdict.COULD_NOT_JUDGE, str(error))
    except WorkbookError as error:
        return _said(exercise, Verdict.COULD_NOT_JUDGE, str(error))
    except ProtocolBroken as error:
        return _said(exercise, Verdict.ERROR, f"the answer's process broke the protocol: {error}")
    except Exception as error:  # a check that what came back led astray is not the answer's error
        return judge.failed(exercise, error)


def _one_world(exercise: Exercise, seed: int, answer: Answer) -> Result:
    return judge.judge(exercise, answer, [seed])


def _called(
    room: _Room, exercise: Exercise, given: Submission, worlds: Sequence[Callable[[Answer], Result]]
) -> Result:
    """Judge in every world, to one result."""
    if given.text is not None:
        local = LocalAnswer(
            Registered(exercise.id, given.source, text=given.text), exercise.seconds
        )
        return judge.together(world(local) for world in worlds)
    held = room.first(given.cells)
    stops = [stop for stop in held.stops if stop.cell in given.cells]
    for stop in stops:
        if stop.cell.name == given.own and stop.failure is None:
            return _stopped(exercise, stop)
    answer = ProcessAnswer(held, exercise.id, exercise.seconds, given.source)
    result = judge.together(_by_world(room, exercise, given, answer, worlds))
    return result if result.passed else _explained(exercise, given, result, stops)


def _by_world(
    room: _Room,
    exercise: Exercise,
    given: Submission,
    alone: ProcessAnswer,
    worlds: Sequence[Callable[[Answer], Result]],
) -> Iterator[Result]:
    """The first world in one process, the others in two that take turns."""

    def others(count: int) -> list[ProcessAnswer]:
        held = room.others(count, given.cells)
        return [ProcessAnswer(one, exercise.id, exercise.seconds, alone.text) for one in held]

    return turns.by_world(exercise, worlds, alone, others)


def _stopped(exercise: Exercise, stop: Stop) -> Result:
    """The answer's own cell did not come to its end."""
    if stop.late:
        return _said(exercise, Verdict.TIMED_OUT, f"{stop}: does its code come to its end?")
    return _said(exercise, Verdict.ERROR, str(stop))


def _explained(
    exercise: Exercise, given: Submission, result: Result, stops: Sequence[Stop]
) -> Result:
    """Name the cell without which the answer could not work."""
    undefined = f"the exercise {exercise.id!r} is not defined" in result.note
    if undefined and stops:
        first = stops[0]  # the others may follow from it
        own = first.cell.name == given.own
        note = f"{first}, before {exercise.id} was defined" if own else _because(first)
        verdict = Verdict.TIMED_OUT if first.late else Verdict.ERROR
        return replace(result, verdict=verdict, note=note)
    if undefined and given.own:
        return replace(result, note=f"{given.own} does not register {exercise.id}")
    others = [stop for stop in stops if stop.cell.name != given.own]
    return replace(result, note=_and(result.note, _because(others[0]))) if others else result


def _because(stop: Stop) -> str:
    return f"{stop}; the answer needs that cell"


def _noted(exercise: Exercise, given: Submission, result: Result, isolated: str) -> Result:
    """Add what the judge knows of a submission besides its verdict."""
    same = copies.same_as(exercise, given) if result.verdict is not Verdict.NOT_YET else ""
    copied = f"the same text as the {same}, up to names and layout" if same else ""
    helped = "solution seen" if result.passed and exercise.id in given.continues else ""
    return replace(
        result,
        note=_and(result.note, given.note, copied),
        same_as=same,
        isolation=isolated,
        help=helped or result.help,
    )


def _and(*notes: str) -> str:
    return " · ".join(filter(None, notes))


def _said(exercise: Exercise, verdict: Verdict, note: str) -> Result:
    return Result(exercise.id, exercise.title, verdict, note=note)
