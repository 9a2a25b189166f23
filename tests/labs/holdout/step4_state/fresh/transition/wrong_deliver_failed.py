@lab.exercise("transition")
def transition(state, event):
    """The state of every day after an event; raises for a move that is illegal."""
    moves = {
        "land": {"pending": "landed"},
        "load": {"landed": "loaded"},
        "publish": {"loaded": "published"},
        "fail": {"pending": "failed", "landed": "failed", "loaded": "failed"},
        "retry": {"failed": "pending"},
        "backfill": {"published": "pending"},
    }
    what, day = event
    if what == "deliver" and state.get(day) != "failed":
        return {**state, day: "pending"}
    if day not in state:
        raise KeyError(f"unknown day: {day}")
    if what == "kill":
        return dict(state)
    if state[day] not in moves.get(what, {}):
        raise ValueError(f"{what} of {day}, which is {state[day]}")
    return {**state, day: moves[what][state[day]]}
