# %% reference
import pandas as pd
import requests

TOLERANCE = {"fewer": 0.5, "more": 1.0, "average": 0.6, "quarantined": 0.05}


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board: all of them and true, or none and a word to the team."""
    past = con.execute("select day::varchar as day, kind, rows, average, decision from history").df()
    shown = str(con.execute("select as_of from board").fetchone()[0])

    def fetch(page):
        def ask():
            answer = http.get(f"{url}/orders", params={"page": page}, timeout=10)
            answer.raise_for_status()
            return answer.json()

        return call_with_retry(ask, tries=50, deadline=1_500)

    try:
        first = fetch(1)
        pages = [first, *(fetch(n) for n in range(2, first["pages"] + 1))]
    except (requests.RequestException, ValueError) as error:
        alert({
            "what": f"the payments API does not serve: {error}",
            "since": "this morning, 06:00",
            "stale": f"the board shows {shown}",
            "next": "nothing is lost: run the job again when the source is back",
        })
        return
    rows = pd.DataFrame([order for page in pages for order in page["orders"]])
    report = validate(rows, past)
    if len(rows) != first["total"]:
        report["block"].append(f"{len(rows)} of {first['total']} orders came")
    measured = {"day": first["day"], "kind": first["kind"], "rows": len(rows)}
    measured["average"] = 0.0 if report["block"] else float(rows["amount"].mean())
    measured |= {"quarantined": len(report["quarantine"]), "block": report["block"]}
    decided = breaker(measured, past, TOLERANCE)
    if decided["alert"]:
        alert(decided["alert"])
    elif report["quarantine"]:
        alert({
            "what": f"{len(report['quarantine'])} of {len(rows)} orders are in quarantine",
            "since": first["day"],
            "stale": "nothing; the board lacks these orders",
            "next": "repair them and publish the day again",
        })
    publish(con, rows, {**report, "day": first["day"], "decision": decided["decision"]})
