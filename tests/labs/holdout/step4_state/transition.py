# %% other: a table of pairs, KeyError for what is not in it
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    moves = {
        ("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
        ("pending", "fail"): "failed", ("landed", "fail"): "failed", ("loaded", "fail"): "failed",
        ("failed", "retry"): "pending", ("published", "backfill"): "pending",
        **{(s, "deliver"): "pending" for s in (None, "pending", "landed", "loaded", "published", "failed")},
        **{(s, "kill"): s for s in ("pending", "landed", "loaded", "published", "failed")},
    }
    return state | {day: moves[state.get(day), what]}

# %% other: states are an Enum of strings, an exception of its own
@lab.exercise("transition")
def transition(state, event):
    from enum import StrEnum, auto

    class S(StrEnum):
        pending = auto()
        landed = auto()
        loaded = auto()
        published = auto()
        failed = auto()

    class Illegal(Exception):
        pass

    what, day = event
    if what == "deliver":
        return dict(state, **{}) | {day: S.pending}
    if day not in state:
        raise Illegal(f"{day} was never delivered")
    here = S(state[day])
    rules = {
        "land": {S.pending: S.landed},
        "load": {S.landed: S.loaded},
        "publish": {S.loaded: S.published},
        "fail": dict.fromkeys((S.pending, S.landed, S.loaded), S.failed),
        "retry": {S.failed: S.pending},
        "backfill": {S.published: S.pending},
        "kill": {s: s for s in S},
    }
    try:
        return {**state, day: rules[what][here]}
    except KeyError as error:
        raise Illegal(f"{what} of a day that is {here}") from error

# %% other: regular expressions over sentences
import re

_RULES = [
    (r"deliver .*", "pending"),
    (r"land pending", "landed"),
    (r"load landed", "loaded"),
    (r"publish loaded", "published"),
    (r"fail (pending|landed|loaded)", "failed"),
    (r"retry failed|backfill published", "pending"),
    (r"kill (?P<same>\w+)", None),
]


@lab.exercise("transition")
def transition(state, event):
    what, day = event
    sentence = f"{what} {state.get(day, '?')}"
    for rule, after in _RULES:
        found = re.fullmatch(rule, sentence)
        if found:
            return {**state, day: after or found["same"]}
    raise RuntimeError(f"no rule for {sentence!r}")

# %% other: the rules are a table of SQL, None has no [0]
@lab.exercise("transition")
def transition(state, event):
    import duckdb

    what, day = event
    with duckdb.connect() as db:
        db.execute("create table rule (what varchar, before varchar, after varchar)")
        db.execute("""
            insert into rule values
            ('land', 'pending', 'landed'), ('load', 'landed', 'loaded'), ('publish', 'loaded', 'published'),
            ('retry', 'failed', 'pending'), ('backfill', 'published', 'pending'), ('deliver', null, 'pending');
            insert into rule select 'fail', unnest(['pending', 'landed', 'loaded']), 'failed';
            insert into rule
              select w, s, if(w = 'kill', s, 'pending')
              from unnest(['kill', 'deliver']) a(w), unnest(['pending', 'landed', 'loaded', 'published', 'failed']) b(s);
        """)
        row = db.execute(
            "select after from rule where what = ? and before is not distinct from ?", [what, state.get(day)]
        ).fetchone()
    return {**state, day: row[0]}

# %% other: match statement, new dict built day by day
@lab.exercise("transition")
def transition(state, event):
    what, day = event

    def after():
        match what, state.get(day):
            case "deliver", _:
                return "pending"
            case _, None:
                raise LookupError(day)
            case "kill", same:
                return same
            case "land", "pending":
                return "landed"
            case "load", "landed":
                return "loaded"
            case "publish", "loaded":
                return "published"
            case "fail", "pending" | "landed" | "loaded":
                return "failed"
            case ("retry", "failed") | ("backfill", "published"):
                return "pending"
            case pair:
                raise NotImplementedError(pair)

    new = {d: s for d, s in state.items() if d != day}
    new[day] = after()
    return new

# %% other: a method for each event, found by its name
class _Day:
    def __init__(self, now):
        self.now = now

    def _step(self, before, after):
        if self.now != before:
            raise ValueError(f"{self.now} is not {before}")
        return after

    def on_deliver(self):
        return "pending"

    def on_land(self):
        return self._step("pending", "landed")

    def on_load(self):
        return self._step("landed", "loaded")

    def on_publish(self):
        return self._step("loaded", "published")

    def on_fail(self):
        return {"pending": "failed", "landed": "failed", "loaded": "failed"}[self.now]

    def on_retry(self):
        return self._step("failed", "pending")

    def on_backfill(self):
        return self._step("published", "pending")

    def on_kill(self):
        if self.now is None:
            raise KeyError("nobody knows this day")
        return self.now


@lab.exercise("transition")
def transition(state, event):
    copy = state.copy()
    copy[event[1]] = getattr(_Day(state.get(event[1])), "on_" + event[0])()
    return copy

# %% other: assertions and functools.partial
@lab.exercise("transition")
def transition(state, event):
    from functools import partial

    def move(allowed, target, now):
        assert now in allowed, f"{event} while {now}"
        return target or now

    every = ("pending", "landed", "loaded", "published", "failed")
    verbs = {
        "deliver": partial(move, (*every, None), "pending"),
        "kill": partial(move, every, None),
        "fail": partial(move, every[:3], "failed"),
        "retry": partial(move, every[4:], "pending"),
        "backfill": partial(move, every[3:4], "pending"),
    }
    for verb, before, after in zip(("land", "load", "publish"), every, every[1:]):
        verbs[verb] = partial(move, (before,), after)
    assert event[0] in verbs
    return {**state, event[1]: verbs[event[0]](state.get(event[1]))}

# %% other: a generator of all edges, StopIteration when there is none
def _edges():
    chain = "pending landed loaded published".split()
    yield from zip("land load publish".split(), chain, chain[1:])
    for now in chain[:3]:
        yield "fail", now, "failed"
    yield "retry", "failed", "pending"
    yield "backfill", "published", "pending"
    for now in chain + ["failed"]:
        yield "kill", now, now
        yield "deliver", now, "pending"
    yield "deliver", None, "pending"


@lab.exercise("transition")
def transition(state, event):
    import collections

    what, day = event
    new = collections.OrderedDict(sorted(state.items(), reverse=True))
    new[day] = next(after for verb, before, after in _edges() if (verb, before) == (what, state.get(day)))
    return new

# %% other: a frame of pandas is the table, missing cells raise
@lab.exercise("transition")
def transition(state, event):
    import pandas as pd

    table = pd.DataFrame(
        {
            "deliver": ["pending"] * 6,
            "land": ["landed", "", "", "", "", ""],
            "load": ["", "loaded", "", "", "", ""],
            "publish": ["", "", "published", "", "", ""],
            "fail": ["failed"] * 3 + [""] * 3,
            "retry": ["", "", "", "", "pending", ""],
            "backfill": ["", "", "", "pending", "", ""],
            "kill": ["pending", "landed", "loaded", "published", "failed", ""],
        },
        index=["pending", "landed", "loaded", "published", "failed", "unknown"],
    )
    what, day = event
    after = table.at[state.get(day, "unknown"), what]
    1 / len(after)
    return dict([*state.items(), (day, str(after))])

# %% other: long and sloppy
LEGAL = ["pending", "landed", "loaded", "published", "failed"]

@lab.exercise("transition")
def transition(state, event):
    import copy
    NewState = copy.deepcopy(state)
    e = event[0]; d = event[1]
    print("event", e, "for", d)
    if e == "deliver":
        NewState[d] = "pending"
    else:
        if not d in NewState.keys():
            raise Exception("unknown day " + str(d))
        s = NewState[d]
        ok = False
        if e == "land":
            if s == "pending":
                NewState[d] = "landed"; ok = True
        elif e == "load":
            if s == "landed":
                NewState[d] = "loaded"; ok = True
        elif e == "publish":
            if s == "loaded":
                NewState[d] = "published"; ok = True
        elif e == "fail":
            if s != "published" and s != "failed":
                NewState[d] = "failed"; ok = True
        elif e == "retry":
            if s == "failed":
                NewState[d] = LEGAL[0]; ok = True
        elif e == "backfill":
            if s == "published":
                NewState[d] = LEGAL[0]; ok = True
        elif e == "kill":
            ok = True
        if ok == False:
            raise Exception("illegal: %s when %s" % (e, s))
    return NewState

# %% other: moves by event, each with the states that it may come from
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    if what == "deliver":
        return {**state, day: "pending"}
    if day not in state:
        raise ValueError(f"unknown day {day}")
    now = state[day]
    if what == "kill":
        return dict(state)
    moves = {"land": {"pending": "landed"}, "load": {"landed": "loaded"}, "publish": {"loaded": "published"},
             "fail": {"pending": "failed", "landed": "failed", "loaded": "failed"},
             "retry": {"failed": "pending"}, "backfill": {"published": "pending"}}
    if now not in moves.get(what, {}):
        raise ValueError(f"{what} of a day that is {now}")
    return {**state, day: moves[what][now]}

# %% other: positions on a line, a function for each event
@lab.exercise("transition")
def transition(state, event):
    """The state of every day after an event; raises for a move that is illegal."""
    what, day = event
    line = ["pending", "landed", "loaded", "published"]
    before = state.get(day) if what == "deliver" else state[day]

    def need(*allowed):
        if before not in allowed:
            raise RuntimeError(f"{what} is not a move from {before}")

    def forward():
        step = ("land", "load", "publish").index(what)
        need(line[step])
        return line[step + 1]

    def back_from(*allowed):
        need(*allowed)
        return line[0]

    ways = {"deliver": lambda: line[0], "kill": lambda: before, "retry": lambda: back_from("failed"),
            "backfill": lambda: back_from(line[-1]), "fail": lambda: need(*line[:-1]) or "failed",
            "land": forward, "load": forward, "publish": forward}
    return dict(state) | {day: ways[what]()}

# %% wrong: a delivery counts only for a day that nobody has -> redelivery-ignored
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    if what == "deliver":
        return {day: "pending", **state}
    legal = {"land": ["pending"], "load": ["landed"], "publish": ["loaded"], "fail": ["pending", "landed", "loaded"],
             "retry": ["failed"], "backfill": ["published"], "kill": [state[day]]}
    if state[day] not in legal[what]:
        raise ValueError(event)
    to = {"land": "landed", "load": "loaded", "publish": "published", "fail": "failed", "kill": state[day]}
    return {**state, day: to.get(what, "pending")}
