"""A failure policy: what to do about each fault, read from YAML with one clear line if it fails."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

import yaml

from labs.answer_text import text_of

FAULTS = (
    "throttled",
    "unavailable",
    "hang",
    "broken_answer",
    "unauthorized",
    "missing",
    "renamed",
    "retyped",
    "repeated",
    "negative",
)
RETRY, STOP, DEGRADE, IGNORE = "retry", "stop", "degrade", "ignore"
ACTIONS = (RETRY, STOP, DEGRADE, IGNORE)
FEWER, MORE, AVERAGE, QUARANTINED = "fewer", "more", "average", "quarantined"
THRESHOLDS = (FEWER, MORE, AVERAGE, QUARANTINED)
TEAM, STAKEHOLDERS, NOBODY = "data-team", "stakeholders", "nobody"
WHO = (TEAM, STAKEHOLDERS, NOBODY)
PARTS = ("faults", "retry", "thresholds", "tell")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class PolicyError(ValueError):
    """The text is no policy; the message says what, where and what to do."""


@dataclass(frozen=True)
class FailurePolicy:
    """`faults`: an action for each of FAULTS, in that order; `by`: minutes after midnight."""

    faults: tuple[str, ...]
    tries: int
    minutes: float
    fewer: float
    more: float
    average: float
    quarantined: float
    who: str
    by: int

    def action(self, fault: str) -> str:
        """What to do about a fault; nothing, where nobody sees one."""
        return self.faults[FAULTS.index(fault)] if fault else IGNORE


def read(text: str) -> FailurePolicy:
    """The policy that a YAML text says, or a cell that registers one; raises PolicyError."""
    parts = _mapping(_loaded(text_of(text)), "", PARTS)
    faults = _mapping(parts["faults"], "faults", FAULTS)
    retry = _mapping(parts["retry"], "retry", ("tries", "minutes"))
    limits = _mapping(parts["thresholds"], "thresholds", THRESHOLDS)
    tell = _mapping(parts["tell"], "tell", ("who", "by"))
    return FailurePolicy(
        tuple(_word(faults[name], f"faults.{name}", ACTIONS) for name in FAULTS),
        _count(retry["tries"], "retry.tries"),
        _number(retry["minutes"], "retry.minutes", "minutes like 30"),
        who=_word(tell["who"], "tell.who", WHO),
        by=_clock(tell["by"], "tell.by"),
        **{n: _number(limits[n], f"thresholds.{n}", "a share like 0.3") for n in THRESHOLDS},
    )


class _Loader(yaml.SafeLoader):
    """Takes no key twice; the library's own loader keeps the last one and says nothing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for number, name in enumerate(names):
            if name in names[:number]:
                line = node.value[number][0].start_mark.line + 1
                raise PolicyError(f"line {line}: {name} stands there twice; keep one of them")
        return super().construct_mapping(node, deep)


def _loaded(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        said = error.problem or "it does not parse"
        raise PolicyError(f"{where}not YAML ({said}); look at colons, quotes, indents") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise PolicyError(
            first if isinstance(error, PolicyError) else f"not YAML: {first}"
        ) from None


def _mapping(found: Any, where: str, keys: Iterable[str]) -> Mapping[str, Any]:
    """A mapping with exactly these keys."""
    names = tuple(keys)
    what = where or "the policy"
    if not isinstance(found, dict):
        raise PolicyError(
            f"{what} is {_shown(found)}; write the keys {', '.join(names)}, one a line"
        )
    for key in found:
        if key not in names:
            _unknown(key, f"{what} has the key", names)
    missing = [name for name in names if name not in found]
    if missing:
        raise PolicyError(f"{what} lacks {', '.join(missing)}; add a line for it")
    return found


def _unknown(given: Any, where: str, known: tuple[str, ...]) -> NoReturn:
    near = get_close_matches(str(given).lower(), known, 1, 0.7)
    meant = f"did you mean {near[0]}?" if near else f"there is: {', '.join(known)}"
    raise PolicyError(f"{where} {_shown(given)}, which is not known; {meant}")


def _word(given: Any, where: str, known: tuple[str, ...]) -> str:
    if not isinstance(given, str) or given not in known:
        _unknown(given, f"{where} is", known)
    return given


def _count(given: Any, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given // 1:
        raise PolicyError(f"{where} is {_shown(given)}; write a whole number from 1")
    if not 1 <= given < math.inf:
        raise PolicyError(f"{where} is {_shown(given)}; write a whole number from 1")
    return int(given)


def _number(given: Any, where: str, wanted: str) -> float:
    """A number from 0; infinity is one."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not given >= 0:
        raise PolicyError(f"{where} is {_shown(given)}; write {wanted}, not below 0")
    return float(given)


def _clock(given: Any, where: str) -> int:
    """Minutes after midnight; YAML reads 7:30 without quotes as 450."""
    if type(given) is int and 60 <= given < 24 * 60:
        return given
    match = _CLOCK.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise PolicyError(f'{where} is {_shown(given)}; write a time like "07:30", in quotes')
    return int(match[1]) * 60 + int(match[2])


def _shown(given: Any) -> str:
    text = "empty" if given is None else repr(given)
    return text if len(text) <= 40 else text[:39] + "…"
