"""The diagnosis: an incident across the five steps, before them and after, and the difference.

Every option has points: 2 for what an operator does, 1 for what helps, 0 for what costs. Two forms
are equally long; who takes which one first follows from the seed, so that half of a team begins
with each, and a form that is easier cannot look like learning.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbook import render
from workbook.errors import UsageError, WorkbookError
from workbook.terminal import say
from workbook.workspace import Workspace

FOLDER = Path(__file__).with_name("forms")
FILE = "diagnosis.json"
WHEN = ("before", "after")
FORMS = ("A", "B")
LETTERS = "abcd"
BEST = 2  # points of a question


@dataclass(frozen=True)
class Option:
    """One choice: its text, its points, and why."""

    text: str
    points: int
    why: str


@dataclass(frozen=True)
class Question:
    """One question of a step, and its options in the order in which a learner sees them."""

    step: int
    ask: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Form:
    """One incident with its questions."""

    name: str
    title: str
    story: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Taken:
    """One diagnosis that was taken: the answers as letters, and the points by question."""

    form: str
    at: str
    answers: str
    points: tuple[int, ...]


@cache
def form(name: str, seed: int) -> Form:
    """A form with its options shuffled by the learner's seed."""
    told = tomllib.loads((FOLDER / f"{name.lower()}.toml").read_text(encoding="utf-8"))
    questions = []
    for number, one in enumerate(told["question"]):
        options = [Option(**option) for option in one["option"]]
        random.Random(f"{seed} {name} {number}").shuffle(options)
        questions.append(Question(one["step"], one["ask"], tuple(options)))
    return Form(name, told["title"], " ".join(told["story"].split()), tuple(questions))


def form_for(seed: int, when: str) -> str:
    """Which form comes when: the other one after the steps."""
    return FORMS[(seed + WHEN.index(when)) % 2]


def take(home: Workspace, when: str, answers: str, name: str, *, as_json: bool) -> int:
    """Ask, or take the answers that are given, and keep them; gives exit code 0.

    Raises UsageError for what does not fit, and where it was taken before.
    """
    if when not in WHEN:
        raise UsageError(f"{when}: write `workbook diagnose before` or `workbook diagnose after`")
    kept = read(home)
    if when in kept:
        raise UsageError(
            f"the diagnosis {when} the steps was taken on {kept[when].at[:10]}: it counts once"
        )
    seed = int(home.started["seed"])
    asked = form(_named(name, seed, when, kept), seed)
    chosen = _letters(answers, len(asked.questions)) if answers else _asked(asked)
    points = [
        question.options[LETTERS.index(letter)].points
        for question, letter in zip(asked.questions, chosen, strict=True)
    ]
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    kept[when] = Taken(asked.name, now, chosen, tuple(points))
    told = {name: vars(one) for name, one in kept.items()}
    home.write({FILE: json.dumps(told, indent=2) + "\n"})
    _show(kept, when, seed, as_json=as_json)
    return 0


def _named(name: str, seed: int, when: str, kept: dict[str, Taken]) -> str:
    wanted = name.upper() or form_for(seed, when)
    if wanted not in FORMS:
        raise UsageError(f"--form {name}: there are forms A and B")
    other = next((one for key, one in kept.items() if key != when), None)
    if other and other.form == wanted:
        if name:
            raise UsageError(f"--form {name}: was taken before; the second is the other one")
        wanted = FORMS[1 - FORMS.index(wanted)]
    return wanted


def read(home: Workspace) -> dict[str, Taken]:
    """What was taken so far, by before and after; raises WorkbookError for an odd file."""
    path = home.folder / FILE
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        found = {when: _taken(told[when]) for when in WHEN if when in told}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise WorkbookError(f"{path.parent.name}/{FILE} cannot be read: remove it") from None
    return found


def _taken(told: dict[str, Any]) -> Taken:
    points = tuple(int(one) for one in told["points"])
    if told["form"] not in FORMS or not all(0 <= one <= BEST for one in points):
        raise ValueError(told["form"])
    return Taken(str(told["form"]), str(told["at"]), str(told["answers"]), points)


def _letters(answers: str, count: int) -> str:
    chosen = "".join(answers.lower().replace(",", " ").split())
    if len(chosen) != count or set(chosen) - set(LETTERS):
        raise UsageError(f"--answers {answers}: write {count} letters from a to d, as in abcd…")
    return chosen


def _asked(asked: Form) -> str:
    """The answers of somebody at a terminal, one letter a question."""
    say(f"{asked.title}\n\n{asked.story}")
    if not sys.stdin.isatty():
        for number, question in enumerate(asked.questions, 1):
            _print(number, question)
        raise UsageError("no answers: answer at a terminal, or with --answers and a letter each")
    chosen = ""
    for number, question in enumerate(asked.questions, 1):
        _print(number, question)
        chosen += _letter()
    return chosen


def _letter() -> str:
    while True:
        answer = input("  a, b, c or d: ").strip().lower()
        if len(answer) == 1 and answer in LETTERS:
            return answer


def _print(number: int, question: Question) -> None:
    say(f"\n{number}. {question.ask}")
    for letter, option in zip(LETTERS, question.options, strict=True):
        say(f"  {letter}  {option.text}")


def by_step(taken: Taken, questions: Sequence[Question]) -> dict[int, tuple[int, int]]:
    """Points and the most there are, by step."""
    found: dict[int, tuple[int, int]] = {}
    for question, points in zip(questions, taken.points, strict=True):
        had, most = found.get(question.step, (0, 0))
        found[question.step] = (had + points, most + BEST)
    return found


def compared(kept: dict[str, Taken], seed: int) -> list[dict[str, Any]]:
    """A row for each step and one in all: points before, after, and the difference."""
    steps = {when: by_step(one, form(one.form, seed).questions) for when, one in kept.items()}
    rows: list[dict[str, Any]] = []
    for step in sorted({step for found in steps.values() for step in found}):
        rows.append({"step": str(step), **{w: steps[w][step][0] for w in WHEN if w in steps}})
    total = {w: sum(points for points, _ in steps[w].values()) for w in WHEN if w in steps}
    rows.append({"step": "in all", **total})
    if len(kept) == len(WHEN):
        rows = [row | {"gained": row["after"] - row["before"]} for row in rows]
    most = {step: most for found in steps.values() for step, (_, most) in found.items()}
    return [row | {"of": most.get(_number(row["step"]), sum(most.values()))} for row in rows]


def _number(step: str) -> int:
    return int(step) if step.isdigit() else 0


def _show(kept: dict[str, Taken], when: str, seed: int, *, as_json: bool) -> None:
    rows = compared(kept, seed)
    if as_json:
        print(
            json.dumps({"taken": {k: vars(v) for k, v in kept.items()}, "points": rows}, indent=2)
        )
        return
    print("\n" + render.table(rows)["text/plain"])
    if when == "before":
        say("\nKept beside your pages. What each answer is worth is told after the second one.")
        return
    for one in (kept[name] for name in WHEN if name in kept):
        _print_reasons(one, form(one.form, seed))


def _print_reasons(taken: Taken, asked: Form) -> None:
    say(f"\n{asked.title}")
    answered = zip(asked.questions, taken.answers, strict=True)
    for number, (question, letter) in enumerate(answered, 1):
        yours = question.options[LETTERS.index(letter)]
        best = max(question.options, key=lambda one: one.points)
        say(f"\n{number}. {question.ask}")
        if yours != best:
            say(f"  yours  {yours.text}: {yours.why}")
        say(f"  best   {best.text}: {best.why}")
