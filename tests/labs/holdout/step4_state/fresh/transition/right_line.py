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
