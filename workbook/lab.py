"""The one object on a page: `lab`, with which a learner registers, checks and asks for help."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbook import (
    callee,
    catalog,
    judge,
    kernel,
    pages,
    registering,
    render,
    running,
    turns,
    workspace,
)
from workbook.catalog import Exercise, Section
from workbook.errors import UsageError, WorkbookError
from workbook.headless import (
    HANDED,
    LEARNER,
    UNTOUCHED,
    WRONG,
    Registers,
    as_section,
    checked_mode,
    run_section,
)
from workbook.local import LocalAnswer
from workbook.preload import preload
from workbook.progress import CONTINUED, HONEST, KINDS, Progress, Saving
from workbook.results import Result, Verdict
from workbook.standing import given_hint, given_solution, recorded, scorecard, told_saving
from workbook.watching import shadowing

UNDECORATED = "checked was the version that ran under @lab.exercise; a later one has no such line"
UNSEEN = 'nothing outside of this page finds this answer: write @lab.exercise("{}") above it'

NOT_KEPT = "not kept: this page does not run in a workspace; `workbook start` makes one"


def open_lab(name: str, *, seed: int = 7, mode: str = LEARNER, **parameters: Any) -> OpenLab:
    """Open a lab's page.

    `mode`: "learner" judges the page's own cells, "solution" the reference answers,
    "wrong:NAME" the planted wrong answer of that name. `parameters` size the lab's world.
    Raises UsageError, in one line, for an unknown lab, mode or parameter.
    """
    # Where a page is judged, its folder comes last of all that is looked for.
    judged = "WORKBOOK_JUDGED" in os.environ
    if shadow := "" if judged else shadowing(Path.cwd(), sys.modules):
        raise UsageError(
            f"{shadow}, beside this page, stands in for the package of that name: rename it, then "
            "restart the kernel"
        )
    lab = catalog.load(name)
    workspace.checked_seed(seed)
    checked_mode(lab, mode)
    if not judged:
        render.dress()
    return OpenLab(lab, seed, mode, parameters)


class OpenLab(Registers):
    """A lab that is open on a page."""

    def __init__(self, lab: catalog.Lab, seed: int, mode: str, parameters: dict[str, Any]) -> None:
        self._judged = bool(os.environ.get("WORKBOOK_JUDGED"))
        # Judged from outside it is the learner's cells that count, whatever the page asks for.
        self._lab, self._seed, self._mode = lab, seed, LEARNER if self._judged else mode
        self._parameters = parameters
        home = None if self._judged else workspace.of_page()
        # What a planted answer comes to is nothing that the learner did: it is only kept where
        # nobody's pages are, as in the folder of a run.
        keeps = home is not None and (mode == LEARNER or not home.started)
        self._home = home if keeps else None
        self._progress = Progress(home.progress if home and keeps else None)
        callee.REGISTERED.clear()
        running.listen()
        if not self._judged:  # there it is made when an answer asks for it
            self.world  # noqa: B018
            if running.in_notebook():  # where nobody reads, only what is needed is imported
                preload(lab.preload)

    @functools.cached_property
    def world(self) -> Any:
        """The page's own small world."""
        return self._lab.world(self._seed, **self._parameters)

    def exercise(self, exercise_id: str, text: str | None = None) -> Callable[[Any], Any] | None:
        """Register an answer: decorate a function or class, or pass a text."""
        exercise = self._lab.exercise(exercise_id)
        frame = inspect.currentframe()
        caller = frame.f_back if frame else None
        source = running.source(caller, exercise_id)
        stand_in = self._stand_in(exercise)
        if text is not None:
            if stand_in is not None:  # `lab.text` gives what is judged, not the page's cell
                source, text = stand_in.text, run_section(stand_in, exercise_id, {}).text
            callee.REGISTERED[exercise_id] = callee.Registered(exercise_id, source, text=text)
            return None
        if stand_in is not None:
            source = stand_in.text
            made = run_section(stand_in, exercise_id, caller.f_globals if caller else {}).entries
        return functools.partial(self._register, exercise_id, source, made if stand_in else None)

    def _register(
        self, exercise_id: str, source: str, made: dict[str, Any] | None, entry: Any
    ) -> Any:
        frame = inspect.currentframe()
        if made is None:  # the cell may be another one than that with `lab.exercise`
            source = running.source(frame.f_back if frame else None, exercise_id)
        known = callee.REGISTERED.get(exercise_id)
        if known is None or known.source != source:
            known = callee.REGISTERED[exercise_id] = callee.Registered(exercise_id, source)
        expected = self._names(exercise_id)
        name = _named(entry, known, expected)
        if expected and name not in expected:
            raise UsageError(f"{exercise_id} expects {' and '.join(expected)}, not {name}")
        known.entries[name] = entry = made.get(name, entry) if made else entry
        return entry

    def _names(self, exercise_id: str) -> tuple[str, ...]:
        """What the page's own cell defines for an exercise."""
        starter = pages.starters(self._lab.page).get(exercise_id)
        return starter.names if starter else ()

    def _stand_in(self, exercise: Exercise) -> Section | None:
        """The planted answer that the mode puts in the place of the page's cell."""
        if self._mode == LEARNER:
            return None
        name = self._mode.removeprefix(WRONG)
        wrong = (s for s in exercise.sections if s.kind == "wrong" and s.name == name)
        return next(wrong, exercise.reference)

    def check(self, exercise_id: str = "") -> Result:
        """Judge the answer on fresh worlds and say what was found."""
        exercise = self._lab.exercise(exercise_id)
        if self._judged:
            return _not_judged(
                exercise, "this page is judged from outside; nothing is checked here"
            )
        answer = callee.REGISTERED.get(exercise_id)
        if answer is None:
            return _not_judged(exercise, "not defined yet: run the cell with your answer first")
        started = time.perf_counter()
        with kernel.sheltered():
            result = self._not_yet(exercise, answer) or self._judge(exercise, answer)
        frame = inspect.currentframe()
        space = frame.f_back.f_globals if frame and frame.f_back else {}
        if any(space.get(name, entry) is not entry for name, entry in answer.entries.items()):
            result = _noted(result, UNDECORATED)
        seen = exercise_id in dict(registering.in_cell(answer.source))
        if result.passed and answer.source.strip() and not seen:
            result = _noted(result, UNSEEN.format(exercise_id))
        return self._recorded(result, answer, time.perf_counter() - started)

    def _judge(self, exercise: Exercise, answer: callee.Registered) -> Result:
        local = LocalAnswer(answer, exercise.seconds)
        try:
            return turns.on_the_page(exercise, local, judge.seeds_from(self._seed))
        except WorkbookError:
            raise
        except Exception as error:
            return judge.failed(exercise, error)

    def _not_yet(self, exercise: Exercise, answer: callee.Registered) -> Result | None:
        starter = pages.starters(self._lab.page).get(exercise.id)
        if (
            self._mode != LEARNER
            or starter is None
            or not pages.same(answer.source, starter.source)
        ):
            return None
        local = LocalAnswer(answer, exercise.seconds)
        return judge.untouched(exercise, local, judge.seeds_from(self._seed), UNTOUCHED)

    def _recorded(self, result: Result, answer: callee.Registered, seconds: float) -> Result:
        if result.verdict is Verdict.COULD_NOT_JUDGE:  # nothing that the learner did
            return result
        if self._home is None and self._mode == LEARNER and result.verdict is not Verdict.NOT_YET:
            note = " · ".join(filter(None, (result.note, NOT_KEPT)))
            result = replace(result, note=note)
        return recorded(self._progress, result, self._seed, answer.source, seconds)

    def replay(self, exercise_id: str, *, seed: int, case: str) -> Result:
        """Show one case of a check again, with the answer as it is now."""
        exercise = self._lab.exercise(exercise_id)
        answer = callee.REGISTERED.get(exercise_id)
        if answer is None:
            return _not_judged(exercise, "not defined yet: run the cell with your answer first")
        with kernel.sheltered():
            local = LocalAnswer(answer, exercise.seconds)
            return turns.replayed(exercise, local, seed, case)

    def starter(self, exercise_id: str) -> Any:
        """The code of the incident, as it shipped: the pristine cell's function, not registered."""
        exercise = self._lab.exercise(exercise_id)
        found = pages.starters(self._lab.page)[exercise.id]
        frame = inspect.currentframe()
        space = frame.f_back.f_globals if frame and frame.f_back else {}
        names = dict(space)
        for used in exercise.uses:
            shipped = as_section(pages.starters(self._lab.page)[used])
            names |= run_section(shipped, used, names).entries
        return run_section(as_section(found), exercise_id, names).entry()

    def show(self, *exercise_ids: str) -> render.Shown:
        """The code that shipped: without its registration and the task's docstring."""
        shipped = pages.starters(self._lab.page)
        found = [shipped[self._lab.exercise(one).id] for one in exercise_ids]
        return render.code("\n\n".join(pages.without_task(one.source) for one in found))

    def text(self, exercise_id: str, *, starter: bool = False) -> str:
        """The text of an answer and what it uses of those it builds on; `starter`: as shipped."""
        exercise = self._lab.exercise(exercise_id)
        shipped = pages.starters(self._lab.page)
        wanted = [*exercise.uses, exercise_id]
        missing = [one for one in wanted if not starter and one not in callee.REGISTERED]
        if missing:
            raise UsageError(
                f"{missing[0]} is not defined yet: run the cell with your answer first"
            )
        texts = [
            pages.without_magics(shipped[one].source) if starter else _text(callee.REGISTERED[one])
            for one in wanted
        ]
        from workbook import needed  # for a script of one's own: no page waits for it

        # What the shipped job never calls would cost a command seconds of imports at each start.
        return "\n\n".join(needed.of_last(texts))

    def keep(self, files: Mapping[str, str | bytes]) -> render.Shown:
        """Write documents beside the page, in a workspace only; elsewhere tells what they are."""
        told = [f"{name}: {_lines(text)}" for name, text in list(files.items())[:2]]
        told += [f"{len(files) - 2} more files"] * (len(files) > 2)
        where = ", kept beside this page" if self._home else ""
        if self._home:
            self._home.write(files)
        return render.text("; ".join(told) + where)

    def card(self, name: str) -> render.Shown:
        """A primer card of six lines with a worked example."""
        return render.markdown(self._lab.card(name))

    def hint(self, exercise_id: str = "", step: int | None = None) -> render.Shown:
        """A hint; without `step` the next one that was not shown since the last attempt."""
        exercise = self._lab.exercise(exercise_id)
        step, text = given_hint(exercise, self._progress, step)
        more = f'\n\n*The next: `lab.hint("{exercise_id}", {step + 1})`*' if step < 3 else ""
        return render.markdown(text + more)

    def solution(self, exercise_id: str = "", *, confirm: bool = False) -> render.Shown:
        """The reference answer, after a pass, three failed attempts, or `confirm=True`; noted."""
        exercise = self._lab.exercise(exercise_id)
        if self._judged:  # nobody reads it there but the answer itself, and no record would say so
            return render.text("This page is judged from outside; no solution is shown here.")
        reference = given_solution(exercise, self._progress, confirm)
        if reference is None:
            tried = self._progress.standing(exercise_id).honest
            return render.markdown(
                f"{tried} of {HONEST} different attempts so far. To see it now: "
                f"`lab.solution({exercise_id!r}, confirm=True)`; your pass will say that the "
                "solution was seen."
            )
        return render.code(reference)

    def continue_from(self, exercise_id: str = "") -> render.Shown:
        """Let the reference stand in for an exercise, so that the rest of the page works; noted."""
        exercise = self._lab.exercise(exercise_id)
        frame = inspect.currentframe()
        space = frame.f_back.f_globals if frame and frame.f_back else {}
        for one in [*(u for u in exercise.uses if u not in callee.REGISTERED), exercise_id]:
            made = run_section(self._reference(one), one, space)
            if not self._judged:
                callee.REGISTERED[one] = made
            space.update(made.entries)
        self._progress.help(exercise_id, CONTINUED)
        return render.markdown(
            f"The reference stands in for `{exercise_id}` until you run your cell."
        )

    def _reference(self, exercise_id: str) -> Section:
        """What stands in; where a page is judged, what the judge gave it for that."""
        handed = HANDED.get(exercise_id)
        if handed is None:
            return self._lab.exercise(exercise_id).reference
        return Section("reference", "reference", "", handed)

    def reset(self, exercise_id: str = "") -> render.Shown:
        """Offer the starter in a new cell below; what you have is kept."""
        exercise = self._lab.exercise(exercise_id)
        answer = callee.REGISTERED.get(exercise_id)
        found = pages.starters(self._lab.page)[exercise.id]
        kept = ""
        mine = answer is not None and answer.source != exercise.reference.text
        if answer is not None and mine and self._home is not None:
            path = self._home.keep(exercise_id, answer.source)
            kept = f" Your answer is kept in `{path.parent.name}/{path.name}`."
        _next_cell(found.source)
        return render.markdown(f"The starter code is in the cell below. Run it.{kept}")

    def saved(self, what: str, kind: str, *, before: float, after: float) -> render.Shown:
        """Note on the record what this page has proved: a figure before and after.

        `kind`: dollars, hours or risk. The scorecard and the pages of other steps show it.
        """
        if kind not in KINDS:
            raise UsageError(f"kind={kind!r}: an improvement is told in {', '.join(KINDS)}")
        saving = Saving(self._lab.id, what, kind, float(before), float(after))
        self._progress.saved(saving)
        return render.text(told_saving(saving))

    def savings(self) -> dict[str, list[Saving]]:
        """What the proofs of all steps have found so far, by lab; an empty list: not yet done."""
        return {lab.id: self._progress.savings(lab.id) for lab in catalog.labs()}

    def progress(self) -> render.Shown:
        """Where every exercise of this lab stands."""
        return render.rows(scorecard([self._lab], self._progress))


def _text(answer: callee.Registered) -> str:
    """A text as it was given: its cell is not known to `python -c`, and a script is all cells."""
    return pages.without_magics(answer.source) if answer.text is None else answer.text


def _named(entry: Any, known: callee.Registered, expected: tuple[str, ...]) -> str:
    """What a learner calls an entry: a decorator of their own may have hidden its name."""
    name = str(getattr(entry, "__name__", "answer"))
    if name in expected:
        return name
    registered = dict(registering.in_cell(known.source)).get(known.exercise, ())
    waiting = [one for one in registered if one not in known.entries]
    return waiting[0] if waiting and callable(entry) else name


def _lines(text: str | bytes) -> str:
    count = len(text.splitlines())
    return f"{count} line{'s' * (count != 1)}"


def _noted(result: Result, note: str) -> Result:
    return replace(result, note="; ".join(filter(None, [result.note, note])))


def _not_judged(exercise: Exercise, note: str) -> Result:
    return Result(exercise.id, exercise.title, Verdict.NOT_YET, note=note)


def _next_cell(source: str) -> None:
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None:
            shell.set_next_input(source, replace=False)
