# %% reference
@lab.exercise("transition")
def transition(state, event):
    """The state of every day after an event; raises for a move that is illegal."""
    what, day = event
    now = state.get(day)
    legal = {
        ("pending", "land"): "landed",
        ("landed", "load"): "loaded",
        ("loaded", "publish"): "published",
        ("failed", "retry"): "pending",
        ("published", "backfill"): "pending",
    }
    if what == "deliver":
        following = "pending"
    elif what == "kill" and now:
        following = now
    elif what == "fail" and now in ("pending", "landed", "loaded"):
        following = "failed"
    elif (now, what) in legal:
        following = legal[now, what]
    else:
        raise ValueError(f"{what} is illegal for {day}, which is {now}")
    return {**state, day: following}

# %% other: rules by event, each with the states it may come from
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    running = {"pending", "landed", "loaded"}
    rules = {
        "deliver": ({None, *running, "published", "failed"}, "pending"),
        "land": ({"pending"}, "landed"),
        "load": ({"landed"}, "loaded"),
        "publish": ({"loaded"}, "published"),
        "fail": (running, "failed"),
        "retry": ({"failed"}, "pending"),
        "backfill": ({"published"}, "pending"),
        "kill": ({*running, "published", "failed"}, None),
    }
    allowed, to = rules[what]
    assert state.get(day) in allowed, f"{day}: no {what}"
    moved = dict(state)
    moved[day] = to or moved[day]
    return moved

# %% other: a match statement, the days copied by a comprehension
@lab.exercise("transition")
def transition(state, event):
    def following(now, what):
        match now, what:
            case _, "deliver":
                return "pending"
            case ("pending", "land"):
                return "landed"
            case ("landed", "load"):
                return "loaded"
            case ("loaded", "publish"):
                return "published"
            case ("pending" | "landed" | "loaded", "fail"):
                return "failed"
            case ("failed", "retry") | ("published", "backfill"):
                return "pending"
            case (str(), "kill"):
                return now
        raise RuntimeError("illegal")

    what, day = event
    new = following(state.get(day), what)
    return {d: new if d == day else state.get(d) for d in [*state, day]}

# %% other: states as a line to walk along, exceptions to it by name
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    line = ["pending", "landed", "loaded", "published"]
    verbs = ["land", "load", "publish"]
    after = dict(state)
    if what == "deliver":
        after[day] = line[0]
        return after
    now = after[day]
    if what in verbs:
        if line.index(now) != verbs.index(what):
            raise LookupError(f"{now} -> {what}")
        after[day] = line[line.index(now) + 1]
    elif what == "fail":
        line[:3].index(now)
        after[day] = "failed"
    elif (what, now) in {("retry", "failed"), ("backfill", "published")}:
        after[day] = line[0]
    elif what != "kill":
        raise LookupError(f"{now} -> {what}")
    return after
