"""standard-context: the prompt for projects that try to get more into it than belongs there.

The page's sentence -> the cases that try it
    the task, as it is -> one model of three
    each rule of project["standards"], id and text -> one model of three; one rule; forty rules
    the name, columns and grain of the models that the task names in backticks -> one model
        of three; parents and names alike; another grain
    and of their direct parents (ref), of no others -> parents and names alike; two hundred models;
        no model
    their descriptions, each between a line <<<DATA and a line DATA>>> -> one model of three
    What a description holds cannot end the data -> a mark in the data; a mark with spaces;
        an opening mark
    The text never holds sample rows, values of env, SQL comments or an e-mail address ->
        words that may not get out
    At most 12,000 characters -> two hundred models; one character too much
    where what is needed does not fit, it raises -> more than fits
    The same task and project always give the same text -> again, in another order
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from labs.step1_audit.world.contexts import (
    CLOSE,
    LIMIT,
    OPEN,
    Request,
    crowd,
    family,
    hostile,
    longer_task,
    nothing_named,
    other_grain,
    other_order,
    plain,
    secretive,
    too_much,
)
from workbook import Answer, Case, Finding

Look = Callable[[Answer, Request], Finding | None]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """What has to be in it, what may not, what tries to get out, how long it gets."""

    def case(name: str, request: Request, look: Look, *, plain_: bool = False) -> Case:
        return Case(name, partial(look, answer, request), "schema-missing", plain=plain_)

    yield case("one model of three", plain(seed), _whole, plain_=True)
    yield case("one rule", plain(seed, 1), _whole)
    yield case("forty rules", plain(seed, 40), _whole)
    yield case("no model", nothing_named(seed), _whole)
    yield case("parents and names alike", family(seed), _whole)
    yield case("again, in another order", family(seed), _again)
    yield case("words that may not get out", secretive(seed), _kept_in)
    yield case("a mark in the data", hostile(seed, CLOSE), _fenced)
    yield case("a mark with spaces", hostile(seed, f"  {CLOSE} "), _fenced)
    yield case("an opening mark", hostile(seed, OPEN), _fenced)
    yield case("two hundred models", crowd(seed), _whole)
    yield case("another grain", plain(seed), _grained)
    yield case("more than fits", too_much(seed), _raises)
    yield case("one character too much", plain(seed), _at_the_limit)


def _text(answer: Answer, request: Request) -> Any:
    return answer.call(task=request.task, project=request.project).value


def _whole(answer: Answer, request: Request) -> Finding | None:
    text = _text(answer, request)
    if not isinstance(text, str):
        return Finding("task-missing", f"it returns {type(text).__name__}, not text")
    flat = " ".join(text.split())
    if " ".join(request.task.split()) not in flat:
        return Finding("task-missing", f"{len(text):,} characters without the task")
    return (
        _rules(request, flat)
        or _schemas(request, text)
        or _too_long(text)
        or _described(request, text)
        or _left_open(text)
    )


def _rules(request: Request, flat: str) -> Finding | None:
    rules = request.project["standards"]
    missing = [r["id"] for r in rules if r["id"] not in flat or r["rule"] not in flat]
    if not missing:
        return None
    observed = f"{len(missing)} of {len(rules)} rules are not there"
    return Finding("rule-missing", observed, [{"rule": name} for name in missing[:5]])


def _schemas(request: Request, text: str) -> Finding | None:
    models = request.project["models"]
    lacks = [
        {"model": name, "lacks": column}
        for name in request.needed
        for column in [name, *models[name]["columns"]]
        if column not in text
    ]
    if lacks:
        return Finding("schema-missing", f"{len(lacks)} names are not there", lacks[:5])
    more = [
        {"model": name, "has": column}
        for name in models
        if name not in request.needed
        for column in models[name]["columns"]
        if column in text
    ]
    if more:
        others = len({row["model"] for row in more})
        return Finding("schema-extra", f"columns of {others} other models are there", more[:5])
    return None


def _too_long(text: str) -> Finding | None:
    if len(text) <= LIMIT:
        return None
    return Finding("too-long", f"{len(text):,} characters; {LIMIT:,} are the limit")


def _described(request: Request, text: str) -> Finding | None:
    inside = "\n".join(line for line, fenced in _lines(text) if fenced)
    outside = "\n".join(line for line, fenced in _lines(text) if not fenced)
    for word in request.told:
        if word in outside:
            return Finding("unfenced", f"{word}, of a description, stands outside of the marks")
        if word not in inside:
            return Finding("unfenced", f"{word}, of a description, is not there")
    return None


def _left_open(text: str) -> Finding | None:
    """An agent takes all that follows a mark for data, until the mark that ends it."""
    *_, (_, inside) = _lines(text + "\n.")
    return Finding("unfenced", f"no line {CLOSE} ends the last data") if inside else None


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines, and whether each stands between the marks; a closing mark ends the data."""
    fenced = False
    for line in text.splitlines():
        if fenced and line.strip() == CLOSE:
            fenced = False
        elif not fenced and line.strip() == OPEN:
            fenced = True
        else:
            yield line, fenced


def _again(answer: Answer, request: Request) -> Finding | None:
    first = _text(answer, request)
    for how, other in (("a second time", request), ("in another order", other_order(request))):
        if _text(answer, other) != first:
            return Finding("context-differs", f"the same project {how} gives another text")
    return None


def _kept_in(answer: Answer, request: Request) -> Finding | None:
    text = str(_text(answer, request))
    out = [where for where, word in request.secret.items() if word in text]
    if not out:
        return None
    return Finding("leaks", f"a word from {', '.join(out)} is in it")


def _fenced(answer: Answer, request: Request) -> Finding | None:
    text = str(_text(answer, request))
    outside = [line for line, fenced in _lines(text) if not fenced]
    inside = [line for line, fenced in _lines(text) if fenced]
    before, after = request.told
    if any(after in line for line in outside):
        return Finding("fence-broken", "the sentence after the mark stands outside of the data")
    lost = [word for word in (before, after) if not any(word in line for line in inside)]
    if lost:
        return Finding("unfenced", f"{lost[0]}, of a description, is not between the marks")
    return None


def _grained(answer: Answer, request: Request) -> Finding | None:
    if _text(answer, request) != _text(answer, other_grain(request)):
        return None
    return Finding("schema-missing", "models of another grain give the same text")


def _at_the_limit(answer: Answer, request: Request) -> Finding | None:
    """A task that is longer by as much as is left, and by one: it raises, or it finds room."""
    room = LIMIT - len(str(_text(answer, request)))
    longer = longer_task(request, room + 1)
    told = answer.call(task=longer.task, project=longer.project)
    return _too_long(str(told.result)) if told.failure is None else None


def _raises(answer: Answer, request: Request) -> Finding | None:
    told = answer.call(task=request.task, project=request.project)
    if told.failure is not None:
        return None
    return Finding("cut-silently", f"{len(str(told.result)):,} characters, and no error")
