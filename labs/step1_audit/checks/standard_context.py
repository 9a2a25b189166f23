"""standard-context: the prompt for projects that try to get more into it than belongs there.

The page's sentence -> the cases that try it
    the task, as it is -> one model of three; word for word
    each rule of project["standards"], id and text -> one model of three; one rule; forty rules
    the name, columns and grain of the models that the task names in backticks -> one model
        of three; parents and names alike; another grain
    and of their direct parents (ref('x') or ref("x")), of no others -> parents and names alike;
        another grain; two hundred models; no model
    what the project lacks is left out -> no model; parents and names alike
    their descriptions, each between a line <<<DATA and a line DATA>>>, and nothing else there ->
        one model of three; parents and names alike
    the words of a description stay -> words that may not get out; a mark *
    A description cannot end the data -> a mark *; lines of Windows; an opening mark; a closed pair
    even after something is taken out -> a mark around *; a mark and an address
    a mark with spaces around it is a mark, too -> a mark with spaces; a mark after a tab
    even where two halves of one meet -> a value around *
    The models stand in the order of their names -> in order
    rules, columns and grain in the project's order -> in order
    Task and rules go in word for word -> word for word
    The rest of the text, descriptions included, never holds -> words that may not get out; a
        value around *
    At most 12,000 characters -> two hundred models; the limit
    if more is needed, it raises -> more than fits; the limit
    The same task and project always give the same text, in every process -> again, in another
        order; values of env in another order; in order
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from fieldkit.audit.standards import shown
from labs.step1_audit.world.contexts import (
    CLOSE,
    HOSTILE,
    JOINED,
    LIMIT,
    OPEN,
    Request,
    crowd,
    family,
    hostile,
    joined,
    nothing_named,
    ordered,
    other_grains,
    other_order,
    padded,
    plain,
    regions,
    secretive,
    too_much,
    word_for_word,
)
from workbook import Answer, Case, Finding

Look = Callable[[Answer, Request], Finding | None]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """What has to be in it, what may not, what tries to get out, how long it gets."""

    def case(name: str, request: Request, look: Look, *, plain_: bool = False) -> Case:
        return Case(name, partial(look, answer, request), "schema-missing", plain=plain_)

    yield case("one model of three", plain(seed), _whole, plain_=True)
    yield case("word for word", word_for_word(seed), _whole)
    yield case("one rule", plain(seed, 1), _whole)
    yield case("forty rules", plain(seed, 40), _whole)
    yield case("no model", nothing_named(seed), _whole)
    yield case("parents and names alike", family(seed), _whole)
    yield Case("another grain", partial(_grains, answer, seed), "schema-missing")
    yield case("in order", ordered(seed), _in_order)
    yield case("again, in another order", family(seed), _again)
    yield case("values of env in another order", regions(seed), _again)
    yield case("words that may not get out", secretive(seed), _kept_in)
    for name, description in HOSTILE.items():
        yield case(name, hostile(seed, description), _fenced)
    for name, between in JOINED.items():
        yield case(name, joined(seed, between), _kept_in)
    yield case("two hundred models", crowd(seed), _whole)
    yield Case("the limit", partial(_limit, answer, seed), "refused-early")
    yield case("more than fits", too_much(seed), _raises)


def _text(answer: Answer, request: Request) -> Any:
    return answer.call(task=request.task, project=request.project).value


def _whole(answer: Answer, request: Request) -> Finding | None:
    text = _text(answer, request)
    if not isinstance(text, str):
        return Finding("task-missing", f"it returns {type(text).__name__}, not text")
    if request.task not in text:
        folded = " ".join(request.task.split()) in " ".join(text.split())
        how = ", but with other spaces and line breaks" if folded else ""
        return Finding("task-missing", f"{len(text):,} characters without the task{how}")
    return (
        _rules(request, " ".join(text.split()))
        or _schemas(request, text)
        or _too_long(text)
        or _described(request, text)
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
    there = set(_WORD.findall(text))
    named = {word for name in request.needed for word in _WORD.findall(models[name]["sql"])}
    named |= set(_WORD.findall(request.task))
    more = [
        {"model": name, "has": word}
        for name in models
        if name not in request.needed
        for word in _words_of(name, models[name])
        if word in there and word not in named
    ]
    if more:
        others = len({row["model"] for row in more})
        return Finding("schema-extra", f"words of {others} other models are there", more[:5])
    return None


_WORD = re.compile(r"\w+")


def _words_of(name: str, model: Any) -> list[str]:
    """What shows that a model is in a text: its name, columns, and the word of its description."""
    return [name, *model["columns"], *_WORD.findall(model["description"])[-1:]]


def _grains(answer: Answer, seed: int) -> Finding | None:
    """What a row is unique by is told if another grain gives another text, however it is told."""
    first = _text(answer, family(seed))
    for name, request in other_grains(seed):
        if _text(answer, request) == first:
            grain = ", ".join(request.project["models"][name]["grain"])
            observed = f"{name} with the grain {grain} gives the same text as before"
            return Finding("schema-missing", observed)
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
    if list(_lines(f"{text}\nthe end"))[-1][1]:
        return Finding("unfenced", "the last description is not closed by a mark")
    models, rules = request.project["models"], request.project["standards"]
    others = [column for name in request.needed for column in models[name]["columns"]]
    for word in [*others, *(rule["rule"] for rule in rules), request.task]:
        if word in inside:
            return Finding("unfenced", f"{word[:60]!r} is no description, and stands as data")
    return None


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


def _in_order(answer: Answer, request: Request) -> Finding | None:
    """What the page says of the order: a set may have any, and another one in each process."""
    text = str(_text(answer, request))
    for what, words, other in _sequences(request):
        # First places and last ones: a column of the grain may stand in two lists.
        for place in (text.find, text.rfind):
            seen = sorted(words, key=place)
            if seen not in (words, other):
                n = next(n for n, word in enumerate(words) if word != seen[n])
                observed = f"{what}: {shown(seen[n])} stands where {shown(words[n])} should"
                return Finding("out-of-order", observed)
    return None


def _sequences(request: Request) -> Iterator[tuple[str, list[str], list[str]]]:
    """(what it is, its words in the order of the page, and in another one that is right, too)."""
    models = request.project["models"]
    for what, words in (
        ("models", [models[name]["columns"][-1] for name in request.needed]),
        ("descriptions", list(request.told)),
        ("rules", [rule["rule"] for rule in request.project["standards"]]),
    ):
        yield what, words, words
    for name in request.needed:
        columns, grain = models[name]["columns"], models[name]["grain"]
        others = [column for column in columns if column not in grain]
        yield f"columns of {name}", others, others
        # Once as columns, and once as the grain, whichever of them comes first.
        yield f"grain of {name}", grain, [column for column in columns if column in grain]


def _again(answer: Answer, request: Request) -> Finding | None:
    first = _text(answer, request)
    for how, other in (("a second time", request), ("in another order", other_order(request))):
        if _text(answer, other) != first:
            return Finding("context-differs", f"the same project {how} gives another text")
    return None


def _kept_in(answer: Answer, request: Request) -> Finding | None:
    text = str(_text(answer, request))
    return _leaks(request, text) or _described(request, text)


def _leaks(request: Request, text: str) -> Finding | None:
    out = [
        where
        for where, word in request.secret.items()
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    ]
    if out:
        return Finding(
            "leaks", f"{len(out)} that may not: {out[0]}", [{"is out": w} for w in out[:5]]
        )
    return None


def _fenced(answer: Answer, request: Request) -> Finding | None:
    text = str(_text(answer, request))
    outside = [line for line, fenced in _lines(text) if not fenced]
    for before, after in zip(request.told[::2], request.told[1::2], strict=True):
        if any(after in line for line in outside) and not any(before in line for line in outside):
            return Finding("fence-broken", "the sentence after the mark stands outside of the data")
    if any(line.strip() == CLOSE for line in outside):
        return Finding("fence-broken", "the data ends twice: first with a line of its own")
    return _leaks(request, text) or _described(request, text)


def _limit(answer: Answer, seed: int) -> Finding | None:
    """A task that grows up to the limit, and over it, however long the answer's own words are."""
    short, long = (len(str(_text(answer, padded(seed, more)))) for more in (10, 20))
    each = (long - short) // 10
    if each < 1:
        return Finding("task-missing", "a longer task gives no longer text")
    fits = 10 + (LIMIT - short) // each
    found = _too_long(str(_text(answer, padded(seed, fits))))
    return found or _raises(answer, padded(seed, fits + 1))


def _raises(answer: Answer, request: Request) -> Finding | None:
    told = answer.call(task=request.task, project=request.project)
    if told.failure is not None:
        return None
    return Finding("cut-silently", f"{len(str(told.result)):,} characters, and no error")
