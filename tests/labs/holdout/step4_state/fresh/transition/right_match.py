@lab.exercise("transition")
def transition(state, event):
    """The state of every day after an event; raises for a move that is illegal."""
    name, day = event
    after = dict(state)
    match (name, after.get(day)):
        case ("deliver", _) | ("retry", "failed") | ("backfill", "published"):
            after[day] = "pending"
        case ("land", "pending"):
            after[day] = "landed"
        case ("load", "landed"):
            after[day] = "loaded"
        case ("publish", "loaded"):
            after[day] = "published"
        case ("fail", "pending" | "landed" | "loaded"):
            after[day] = "failed"
        case ("kill", str()):
            pass
        case illegal:
            raise ValueError(f"illegal for {day}: {illegal}")
    return after
