"""transition: the model allows what the tables were seen to do, refuses the rest, moves one day.

The page's sentence -> the cases that try it
    Return a new dict in which one day has moved -> one day, from delivery to board; a night as
        the tables showed it
    The given dict stays as it is -> the caller's dict, after *
    deliver (new content) -> deliver while the day is *; one day, from delivery to
        board
    land, load, publish: pending -> land while the day is pending; load while the day is landed;
        publish while the day is loaded
    pending, landed or loaded becomes failed -> fail while the day is *
    retry: failed becomes pending -> retry while the day is failed
    backfill: published becomes pending -> backfill while the day is published
    kill: it stays as it was -> kill while the day is *
    Any other move or event raises an error -> * of a day that is *; an event that there is not
    For an unknown day -> * of an unknown day
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import partial

from labs.step4_state.world.stages import NEW, STATES, Days, Move, State, observed_night, pairs
from workbook import Answer, AnswerFailed, Case, Finding, Outcome

_BY_EVENT = {"deliver": "redelivery-ignored", "kill": "kill-moves"}
_FORWARD = ("land", "load", "publish")


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """One day's way, each rule by itself, what is illegal, then a night as it was observed."""
    first = dt.date(2026, 1, 5) + dt.timedelta(days=seed % 300)
    days = [first + dt.timedelta(days=n) for n in range(3)]
    yield Case(
        "one day, from delivery to board", partial(_way, answer, days[0]), "wrong-move", True
    )
    for state, event, following in pairs():
        if following is not None and state != NEW:
            move = Move((event, days[1]), _around(days, state), _around(days, following))
            name = f"{event} while the day is {state}"
            yield Case(name, partial(_moved, answer, [move], ""), "legal-refused")
    for state, event, following in pairs():
        if following is None:
            what = f"{event} of a day that is {state}" if state else f"{event} of an unknown day"
            yield Case(what, partial(_illegal, answer, days, state, event), "illegal-accepted")
    states = [{day: state for day in days} for state in STATES]
    yield Case("an event that there is not", partial(_unknown_event, answer, states, days[0]),
               "illegal-accepted")  # fmt: skip
    for legal in (True, False):
        what = "legal moves" if legal else "moves that raise"
        yield Case(f"the caller's dict, after {what}", partial(_kept, answer, days, legal),
                   "caller-changed")  # fmt: skip
    night = observed_night(seed)
    yield Case("a night as the tables showed it",
               partial(_moved, answer, night, "night-differs"), "night-differs")  # fmt: skip


def _around(days: Sequence[dt.date], state: str) -> State:
    """The middle day in a state, and neighbours that every event could move."""
    around = {days[0]: "published", days[1]: state, days[2]: "landed"}
    return {day: its for day, its in around.items() if its != NEW}


def _way(answer: Answer, day: dt.date) -> Finding | None:
    state: State = {}
    for event, following in zip(("deliver", *_FORWARD), STATES, strict=False):
        moved = answer.call(state=state, event=(event, day)).value
        if moved != {day: following}:
            seen = f"{event} of {_told(state)} gave {_told(moved)}"
            return Finding("wrong-move", seen)
        state = {day: following}
    return None


def _moved(answer: Answer, moves: Sequence[Move], finding: str) -> Finding | None:
    """The first move that goes elsewhere than it should."""
    given = [{"state": move.before, "event": move.event} for move in moves]
    for move, outcome in zip(moves, answer.map(given), strict=True):
        if outcome.value != move.after:
            return _finding(move, outcome.value, finding)
    return None


def _finding(move: Move, got: object, finding: str = "") -> Finding:
    """What is wrong with the state that the answer gave for a move."""
    event, day = move.event
    seen = f"{event} of {day} in {_told(move.before)} gave {_told(got)}"
    if not isinstance(got, dict):
        return Finding(finding or "wrong-move", seen)
    others = [d for d in move.before if d != day and got.get(d) != move.before[d]]
    if others or got.keys() - move.after.keys():
        return Finding("others-touched", seen)
    return Finding(finding or _BY_EVENT.get(event, "wrong-move"), seen)


def _illegal(answer: Answer, days: Sequence[dt.date], state: str, event: str) -> Finding | None:
    """A move that the rules do not have has to raise."""
    before = _around(days, state)
    outcome = answer.call(state=before, event=(event, days[1]))
    if _raised(outcome):
        return None
    seen = f"{event} of {days[1]} in {_told(before)} gave {_told(outcome.value)}"
    moved = isinstance(outcome.value, dict) and outcome.value.get(days[1]) != state
    return Finding(_accepted(state, event, moved=moved), seen)


def _accepted(state: str, event: str, *, moved: bool) -> str:
    """The finding for a move that should have raised; no stage ran where the day stayed."""
    if state == NEW:
        return "unknown-day"
    ahead = event in _FORWARD and state in STATES[: _FORWARD.index(event)]
    return "stage-skipped" if ahead and moved else "illegal-accepted"


def _unknown_event(answer: Answer, states: Sequence[State], day: dt.date) -> Finding | None:
    asked = [("vanish", state) for state in states]
    asked += [(event, state) for state in states[:1] for event in ("Land", "land ", "landed", "")]
    for event, state in asked:
        outcome = answer.call(state=state, event=(event, day))
        if not _raised(outcome):
            seen = f"{event!r} of {day} in {_told(state)} gave {_told(outcome.value)}"
            return Finding("illegal-accepted", seen)
    return None


def _kept(answer: Answer, days: Sequence[dt.date], legal: bool) -> Finding | None:
    """Whatever the answer does, the dict that its caller holds stays the same."""
    asked = [(state, event) for state, event, to in pairs() if (to is not None) == legal]
    given = [{"state": Days(_around(days, s)), "event": (event, days[1])} for s, event in asked]
    for (state, event), outcome in zip(asked, answer.map(given), strict=True):
        if outcome.evidence["state"]["changed"]:
            now, was = outcome.evidence["state"]["now"], _told(_around(days, state))
            seen = f"{event} of {days[1]}: the caller held {was}, and now holds {now}"
            return Finding("caller-changed", seen)
    return None


def _raised(outcome: Outcome) -> bool:
    try:
        outcome.value  # noqa: B018  raises where the answer did
    except AnswerFailed as error:
        return error.failure.type != "NotPlain"
    return False


def _told(state: object) -> str:
    """A state of every day in few words."""
    if state is None:
        return "None: is there a return?"
    if not isinstance(state, dict):
        return repr(state)[:60]
    if not state:
        return "a state without days"
    return "{" + ", ".join(f"{day}: {name}" for day, name in sorted(state.items(), key=str)) + "}"
