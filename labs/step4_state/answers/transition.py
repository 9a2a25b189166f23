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

# %% wrong: a backfill fills all later days again, too -> others-touched
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending"}
    if what == "backfill" and now == "published":
        return {d: "pending" if d >= day else s for d, s in state.items()}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: only the day of the event is left -> others-touched
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {day: "pending"}
    if what == "kill" and now:
        return {day: now}
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {day: "failed"}
    return {day: legal[now, what]}

# %% wrong: an illegal move is silently ignored -> illegal-accepted
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    if day not in state and what != "deliver":
        raise KeyError(day)
    now = state.get(day)
    if (now, what) in {("pending", "load"), ("pending", "publish"), ("landed", "publish")}:
        raise ValueError("one stage after the other")
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal.get((now, what), now)}

# %% wrong: a stage may run again although it is done -> illegal-accepted
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("landed", "land"): "landed", ("loaded", "load"): "loaded", ("published", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: a day on its way may be filled again by a second run -> illegal-accepted
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending"}
    if what in ("deliver", "backfill") and (now or what == "deliver"):
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: a published day can fail -> illegal-accepted
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state[day] if what != "deliver" else None
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    simple = {"deliver": "pending", "kill": now, "fail": "failed"}
    return {**state, day: simple[what] if what in simple else legal[now, what]}

# %% wrong: each event names the state, wherever the day stands -> stage-skipped
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    if what in ("land", "load", "publish") and now in ("pending", "landed", "loaded"):
        return {**state, day: {"land": "landed", "load": "loaded", "publish": "published"}[what]}
    if what == "deliver" or (what, now) in {("retry", "failed"), ("backfill", "published")}:
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    raise ValueError(event)

# %% wrong: a kill makes the day a failed one -> kill-moves
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what in ("fail", "kill") and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    if what == "kill" and now:
        return dict(state)
    return {**state, day: legal[now, what]}

# %% wrong: a kill sends the day back one stage -> kill-moves
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending",
             ("pending", "kill"): "pending", ("landed", "kill"): "pending", ("loaded", "kill"): "landed",
             ("published", "kill"): "published", ("failed", "kill"): "failed"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: what was published stays published when the source corrects it -> redelivery-ignored
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "published" if now == "published" else "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: new content in the middle of a run is taken up by the next stage -> redelivery-ignored
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: now if now in ("landed", "loaded") else "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: a day that nobody delivered can land -> unknown-day
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day, "pending")
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "kill" and day in state:
        return dict(state)
    if what == "fail" and day in state and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: a retry goes on where nobody knows what was done -> wrong-move
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "landed", ("published", "backfill"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}

# %% wrong: a published day can never be filled again -> legal-refused
@lab.exercise("transition")
def transition(state, event):
    what, day = event
    now = state.get(day)
    legal = {("pending", "land"): "landed", ("landed", "load"): "loaded", ("loaded", "publish"): "published",
             ("failed", "retry"): "pending"}
    if what == "deliver":
        return {**state, day: "pending"}
    if what == "kill" and now:
        return dict(state)
    if what == "fail" and now in ("pending", "landed", "loaded"):
        return {**state, day: "failed"}
    return {**state, day: legal[now, what]}
