# %% reference
from statistics import median


@lab.exercise("circuit-breaker")
def breaker(report, history, tolerance):
    """Publish the day, serve yesterday's and say so, or stop; each cause is alerted once."""
    published = history[history["decision"] == "publish"]
    alike = published[published["kind"] == report["kind"]]
    causes = list(report["block"]) or off(report, alike, tolerance)
    if not causes:
        return {"decision": "publish", "alert": None}
    decision, what = "stop" if report["block"] else "stale", "; ".join(causes)
    if what == history["what"].iloc[-1]:
        return {"decision": decision, "alert": None}
    shown = published["day"].iloc[-1]
    seen = f"{report['rows']} orders, ${report['average']:,.2f} each"
    alert = {
        "what": what,
        "since": report["day"],
        "stale": f"the board shows {shown}",
        "next": f"look at the source ({seen}); run the day again when it is well",
    }
    return {"decision": decision, "alert": alert}


def off(report, alike, tolerance):
    """What lies beyond the tolerance, in words."""
    found = []
    if len(alike):
        rows, average = median(alike["rows"]), median(alike["average"])
        if report["rows"] < rows * (1 - tolerance["fewer"]):
            found.append("fewer orders than usual")
        if report["rows"] > rows * (1 + tolerance["more"]):
            found.append("more orders than usual")
        if abs(report["average"] - average) > average * tolerance["average"]:
            found.append("unusual dollars an order")
    if report["quarantined"] > report["rows"] * tolerance["quarantined"]:
        found.append("too many rows in quarantine")
    return found

# %% other: SQL over the history, one expression a limit
import duckdb


@lab.exercise("circuit-breaker")
def breaker(report, history, tolerance):
    con = duckdb.connect()
    con.register("history", history)
    rows, average, shown, before = con.execute(
        """select median(rows) filter (kind = $kind and decision = 'publish'),
                  median(average) filter (kind = $kind and decision = 'publish'),
                  max(day) filter (decision = 'publish'), arg_max(what, day)
           from history""", {"kind": report["kind"]}).fetchone()
    found = con.execute(
        """select label from (values
             ('rows', $rows not between $usual * (1 - $fewer) and $usual * (1 + $more)),
             ('average', abs($average / $dollars - 1) > $off),
             ('quarantine', $bad > $rows * $share)) as checks(label, beyond)
           where beyond""",
        {"rows": report["rows"], "usual": rows, "fewer": tolerance["fewer"], "more": tolerance["more"],
         "average": report["average"], "dollars": average, "off": tolerance["average"],
         "bad": report["quarantined"], "share": tolerance["quarantined"]}).fetchall()
    con.close()
    decision = "stop" if report["block"] else "stale" if found else "publish"
    what = ", ".join(report["block"] or [f"{label} beyond tolerance" for (label,) in found])
    if decision == "publish" or before == what:
        return {"decision": decision, "alert": None}
    return {"decision": decision, "alert": {
        "what": what, "since": report["day"], "stale": shown, "next": "call the payments team"}}

# %% other: plain records, a rule a line, the median by sorting
def middle(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


RULES = (
    ("too few orders", lambda r, u, t: u["rows"] and r["rows"] / u["rows"] < 1 - t["fewer"]),
    ("too many orders", lambda r, u, t: u["rows"] and r["rows"] / u["rows"] > 1 + t["more"]),
    ("too cheap", lambda r, u, t: u["average"] and r["average"] / u["average"] < 1 - t["average"]),
    ("too dear", lambda r, u, t: u["average"] and r["average"] / u["average"] > 1 + t["average"]),
    ("too many bad rows", lambda r, u, t: r["rows"] and r["quarantined"] / r["rows"] > t["quarantined"]),
)


@lab.exercise("circuit-breaker")
def breaker(report, history, tolerance):
    days = history.to_dict("records")
    good = [d for d in days if d["decision"] == "publish"]
    alike = [d for d in good if d["kind"] == report["kind"]]
    usual = {name: middle([d[name] for d in alike]) for name in ("rows", "average")}
    tripped = [name for name, beyond in RULES if beyond(report, usual, tolerance)]
    if report["block"]:
        decision, tripped = "stop", report["block"]
    else:
        decision = "stale" if tripped else "publish"
    alert = None
    what = " and ".join(tripped)
    if tripped and (days[-1] == good[-1] or days[-1]["what"] != what):
        alert = dict(what=what, since=[report["day"]], stale=good[-1]["day"], next=["fix", "rerun"])
    return {"decision": decision, "alert": alert}

# %% other: two states, opened and closed by exceptions
class Held(Exception):
    decision = "stale"


class Blocked(Held):
    decision = "stop"


def audit(report, history, tolerance):
    if report["block"]:
        raise Blocked(" and ".join(report["block"]))
    if report["quarantined"] / max(report["rows"], 1) > tolerance["quarantined"]:
        raise Held("bad rows")
    days = history.query("decision == 'publish' and kind == @report['kind']")[["rows", "average"]]
    if days.empty:
        return
    drift = {name: report[name] / days[name].quantile(0.5) - 1 for name in days}
    if not -tolerance["fewer"] <= drift["rows"] <= tolerance["more"]:
        raise Held("number of orders")
    if abs(drift["average"]) > tolerance["average"]:
        raise Held("dollars an order")


@lab.exercise("circuit-breaker")
def breaker(report, history, tolerance):
    try:
        audit(report, history, tolerance)
    except Held as held:
        running = history.what.values[-1] == str(held)
        last = history.loc[history.decision.eq("publish"), "day"].max()
        told = {"what": str(held), "since": f"since {report['day']}, 06:00", "stale": f"everything after {last}",
                "next": "the data team looks at it"}
        return {"decision": held.decision, "alert": None if running else told}
    return {"decision": "publish", "alert": None}
