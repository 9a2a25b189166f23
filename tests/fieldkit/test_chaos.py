"""`fieldkit chaos`: jobs whose source fails, and the verdict that a person would give."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import partial

import pytest
import requests
import yaml

from fieldkit.chaos.faults import KINDS, Fault, Schedule
from fieldkit.chaos.found import as_json
from fieldkit.chaos.run import Settings, chaos
from fieldkit.chaos.story import report_of
from fieldkit.errors import CannotRun
from fieldkit.report import report
from fieldkit.report.report import to_text
from tests.fieldkit import jobs

WEB = [name for name in KINDS if not name.startswith("file-")]
TRANSIENT = {"throttled", "unavailable", "error", "hang", "dropped", "reset", "truncated", "html"}


@pytest.fixture(scope="module")
def source():
    with jobs.source() as address:
        yield address


@pytest.fixture
def room(tmp_path, monkeypatch):
    """The jobs, and the state of yesterday."""
    jobs.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def one_of_each(*kinds, wait=1):
    """A schedule for each kind, in the middle of a run; `wait`: seconds that Retry-After asks."""
    columns = {"future": "day"}
    return tuple(
        Schedule(
            number,
            (Fault(kind, 2, KINDS[kind].passes[0], wait, column=columns.get(kind, "amount")),),
        )
        for number, kind in enumerate(kinds, 1)
    )


def tried(source, name, *kinds, **options):
    """Verdicts by kind of fault."""
    options = {"timeout": 60.0, "given": one_of_each(*kinds)} | options
    command = [sys.executable, "-I", "-S", f"{name}.py", "{url}", "{state}"]
    found = chaos(command, ["board.db"], source, settings=Settings(**options))
    return found, {one.schedule.faults[0].kind: one.verdict for one in found.trials}


# -- verdicts


def test_a_good_job_survives_every_kind(source, room):
    before = hashlib.sha256((room / "board.db").read_bytes()).hexdigest()
    found, verdicts = tried(source, "good", *WEB)
    assert found.verdict == "SURVIVED" and found.exit_code == 0
    fresh = {kind for kind, verdict in verdicts.items() if verdict == "fresh"}
    assert fresh == TRANSIENT
    assert all(verdicts[kind] == "stale, alerted" for kind in set(WEB) - fresh)
    assert all(one.alerts for one in found.of("stale, alerted"))
    assert hashlib.sha256((room / "board.db").read_bytes()).hexdigest() == before


def test_a_lazy_job_publishes_what_it_got(source, room):
    _, verdicts = tried(source, "lazy", *WEB)
    assert {kind for kind, verdict in verdicts.items() if verdict != "WRONG"} == set()


def test_an_exit_code_tells_somebody_unless_alerts_are_asked_for(source, room):
    name, kinds = "tells by its exit code", ("outage", "rescaled", "throttled")
    assert tried(source, name, *kinds)[1] == {
        "outage": "stale, alerted", "rescaled": "stale, alerted", "throttled": "fresh"
    }  # fmt: skip
    asked, verdicts = tried(source, name, *kinds, alerts=room / "alerts.log")
    assert verdicts == {"outage": "SILENT", "rescaled": "SILENT", "throttled": "fresh"}
    assert asked.verdict == "SILENT"


@pytest.mark.parametrize(
    "name, kind, verdict, words",
    [
        ("silent", "outage", "SILENT", ""),
        ("page by page", "outage", "WRONG", "ended with exit code 1"),
        ("no timeout", "hang", "NEVER ENDED", "had not ended"),
        ("tight retry", "throttled", "IMPOLITE", ""),
        ("tight retry", "missing", "IMPOLITE", ""),
        ("leaves a lock", "outage", "WRONG", ""),
    ],
)
def test_each_defect_has_its_verdict(source, room, name, kind, verdict, words):
    # Only what hangs takes that long; a clean run on a busy machine must not.
    given = one_of_each(kind, wait=60 if name == "tight retry" else 1)
    seconds = 5.0 if kind == "hang" else 60.0
    found, verdicts = tried(source, name, kind, given=given, timeout=seconds)
    assert verdicts == {kind: verdict}
    assert words in found.trials[0].ended


def test_what_does_not_come_back_by_itself_is_stuck(source, room):
    scope = {"given": one_of_each("outage"), "timeout": 60.0}
    command = [sys.executable, "leaves a lock.py", "{url}", "{state}"]
    from fieldkit.state.scope import Scope

    only = Scope(tables=("orders",))
    found = chaos(command, ["board.db"], source, only, Settings(**scope))
    (one,) = found.trials
    assert one.verdict == "STUCK"
    assert "a later run without faults ended with exit code 1" in one.stuck


def test_what_is_impolite_is_told_with_its_numbers(source, room):
    given = one_of_each("throttled", "missing", "outage", wait=60)
    found, _ = tried(source, "tight retry", given=given)
    told = [one.impolite for one in found.trials]
    assert re.fullmatch(r"request 3 came \d+\.\d s after a 429 that asked for 60 s", told[0][0])
    assert told[1][-1].startswith("asked 100 times for /orders?page=2, which answered 404")
    assert told[2] == ("100 requests to a source that does not serve",)


def test_a_job_that_asks_less_meets_nothing(source, room):
    schedule = Schedule(1, (Fault("outage", 50, 0),))
    found, verdicts = tried(source, "good", given=(schedule,))
    assert verdicts == {"outage": "not met"} and found.exit_code == 2


def test_of_several_faults_only_those_that_matter_are_shown(source, room):
    faults = (Fault("error", 1), Fault("rescaled", 3, 0, column="amount"), Fault("html", 2))
    found, _ = tried(source, "lazy", given=(Schedule(1, faults),))
    (one,) = found.trials
    assert one.verdict == "WRONG" and len(one.schedule.faults) == 1


def test_the_same_seed_gives_the_same_verdicts(source, room, thorough):
    count = 6 if thorough else 3
    runs = [tried(source, "good", given=(), schedules=count, seed=5)[0] for _ in range(2)]
    told = [[(one.schedule, one.verdict) for one in found.trials] for found in runs]
    assert told[0] == told[1] and len(told[0]) == count
    assert runs[0].clean_requests == 3


# -- alerts


def test_alerts_are_heard_where_they_are_posted(source, room):
    text = (room / "good.py").read_text()
    post = 'urllib.request.urlopen(os.environ["FIELDKIT_ALERTS"], told.encode())'
    here = text.index("    with open(os.environ")
    (room / "good.py").write_text(text[:here] + f"    {post}\n" + text[text.index("def publish") :])
    found, verdicts = tried(source, "good", "outage", alert_port=0)
    assert verdicts == {"outage": "stale, alerted"}
    assert found.trials[0].alerts[0].startswith("orders: stale since yesterday")


def test_old_alerts_in_a_log_do_not_count(source, room):
    log = room / "alerts.log"
    log.write_text("orders: stale since last week\n")
    _, verdicts = tried(source, "silent", "outage", alerts=log)
    assert verdicts == {"outage": "SILENT"}


def test_an_up_to_date_refresh_is_the_normal_case(source, room):
    """A clean run that changes nothing: a fault can still change the table."""
    command = [sys.executable, "lazy.py", source, "board.db"]
    subprocess.run(command, check=True, cwd=room)
    found, verdicts = tried(source, "lazy", "empty", "rescaled", "throttled")
    assert verdicts == dict.fromkeys(("empty", "rescaled", "throttled"), "WRONG")
    assert "start from a state before a load" in found.warnings[0]
    found, verdicts = tried(source, "good", "unauthorized", "throttled")
    assert verdicts == {"unauthorized": "stale, alerted", "throttled": "fresh"}
    assert (found.verdict, found.exit_code) == ("SURVIVED", 0)


def test_an_exit_code_is_an_alert_in_verdict_text_and_data_alike(source, room):
    (room / "half.py").write_text(jobs.HEAD + "rows = get(url + '/orders?page=1')['orders']\n"
                                  "publish(rows[:5]); pages(get); publish(rows)")  # fmt: skip
    for name, verdict in (("tells by its exit code", "stale, alerted"), ("half", "WRONG")):
        found, verdicts = tried(source, name, "unauthorized")
        text = " ".join(report.to_text(report_of(found)).split())
        (data,) = as_json(found)["trials"]
        assert verdicts == {"unauthorized": verdict}
        assert (data["alerted"], data["alerts"]) == ("exit code", [])
        assert "alerted nobody" not in text
        assert "exit code" in text
    found, verdicts = tried(source, "half", "unauthorized", alerts=room / "alerts.log")
    assert as_json(found)["trials"][0]["alerted"] == ""
    assert "It alerted nobody" in report.to_text(report_of(found))


# -- files

LOAD = """
import csv, os, sqlite3, sys
folder, state = sys.argv[1:3]
names = {names}
rows = [row for name in names for row in csv.DictReader(open(os.path.join(folder, name)))]
{check}
con = sqlite3.connect(state)
with con:
    con.execute("delete from orders")
    values = [(int(r["order_id"]), float(r["amount"]), r["day"]) for r in rows]
    con.executemany("insert into orders values (?, ?, ?)", values)
"""
CHECKED = """
days = sorted(name[7:17] for name in os.listdir(folder))
want = [f"2026-11-{n:02d}" for n in range(1, 4)]
sums = {name: sum(1 for _ in open(os.path.join(folder, name))) for name in os.listdir(folder)}
torn = [row for row in rows if len(row) != 3 or None in row.values()]
if days != want or set(sums.values()) != {6} or torn:
    raise SystemExit("the folder is not what it should be")
"""


@pytest.fixture
def landing(room):
    folder = room / "landing"
    folder.mkdir()
    for day in range(1, 4):
        rows = (f"{day * 10 + n},{n}.50,2026-11-{day:02d}" for n in range(5))
        text = "\n".join(["order_id,amount,day", *rows, ""])
        (folder / f"orders_2026-11-{day:02d}.csv").write_text(text)
    names = "sorted(os.listdir(folder))"
    (room / "all.py").write_text(LOAD.format(names=names, check=""))
    (room / "checked.py").write_text(LOAD.format(names=names, check=CHECKED))
    return folder


def test_a_landing_folder_fails_too(landing, room):
    before = {path.name: path.read_bytes() for path in landing.iterdir()}
    options = {"schedules": 5, "timeout": 60.0}
    verdicts = {}
    for name in ("all", "checked"):
        command = [sys.executable, f"{name}.py", "{files}", "{state}"]
        found = chaos(command, ["board.db"], landing, settings=Settings(**options))
        verdicts[name] = {one.schedule.faults[0].kind: one.verdict for one in found.trials}
    assert verdicts["all"]["file-duplicated"] == verdicts["all"]["file-empty"] == "WRONG"
    assert verdicts["all"]["file-late"] == "WRONG" and verdicts["all"]["file-renamed"] == "fresh"
    assert "WRONG" not in verdicts["checked"].values(), verdicts
    assert verdicts["checked"]["file-late"] == "fresh"
    assert {path.name: path.read_bytes() for path in landing.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("all", "WRONG", "While it was missing: the command ended with exit code 0"),
        ("quiet", "SILENT", "kept the old data, and alerted nobody"),
        ("checked", "fresh", ""),
    ],
)
def test_what_readers_had_while_a_file_was_missing_counts(landing, room, name, verdict, words):
    """Published as if whole; nothing, quietly; nothing, with an exit code that alerts."""
    quiet = CHECKED.replace('SystemExit("the folder is not what it should be")', "SystemExit")
    (room / "quiet.py").write_text(LOAD.format(names="sorted(os.listdir(folder))", check=quiet))
    late = Schedule(1, (Fault("file-late", count=0, file="orders_2026-11-02.csv"),))
    command = [sys.executable, f"{name}.py", "{files}", "{state}"]
    found = chaos(command, ["board.db"], landing, settings=Settings(given=(late,)))
    text = " ".join(to_text(report_of(found)).split())
    assert [one.verdict for one in found.trials] == [verdict] and words in text
    assert ("orders now has 10 rows instead of 15: 5 lost" in text) == (verdict == "WRONG")
    recovered = "When it had come, a second run left the data of a clean one"
    assert (recovered in text) == (verdict != "fresh")


def test_where_a_clean_run_changes_nothing_a_quiet_failure_is_not_shown(source, room):
    """The board is up to date: old data looks like new, unless the run wrote what it was given."""
    subprocess.run([sys.executable, "good.py", source, "board.db"], check=True, cwd=room)
    kinds = ("missing", "throttled")
    found, verdicts = tried(source, "silent", *kinds)
    told = " ".join(to_text(report_of(found)).split())
    assert verdicts == dict(zip(kinds, ("not shown", "fresh"), strict=True)), told
    assert (found.verdict, found.exit_code) == ("NOT SHOWN", 2)
    assert "1 not shown (a clean run changes nothing here)" in told
    assert "Start from a state before a load" in told


def test_rows_that_never_came_are_not_shown_where_they_are_there_already(source, room):
    """With status 200 and no rows, to the end: an upsert publishes nothing, and says nothing."""
    (room / "upsert.py").write_text(jobs.HEAD + """
con = sqlite3.connect(state)
with con:
    con.execute("create table x (a)"), con.execute("drop table x")
    for row in pages(get):
        con.execute("delete from orders where order_id = ?", [row["order_id"]])
        con.execute("insert into orders values (?, ?, ?)", list(row.values()))
""")  # fmt: skip
    subprocess.run([sys.executable, "upsert.py", source, "board.db"], check=True, cwd=room)
    empty = Schedule(1, (Fault("empty", 2, 0),))
    found, verdicts = tried(source, "upsert", given=(empty,))
    assert (verdicts, found.exit_code) == ({"empty": "not shown"}, 2)


# -- what is in the way


def refused(source, room, told, name="good", **options):
    with pytest.raises(CannotRun) as caught:
        tried(source, name, **options)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_cannot_be_judged_is_one_line(source, room):
    (room / "fails.py").write_text("raise SystemExit('no key')")
    (room / "deaf.py").write_text("")
    (room / "sleeps.py").write_text("import time; time.sleep(600)")
    (room / "offline.py").write_text(jobs.HEAD + "publish([dict(order_id=1, amount=1, day='')])")
    (room / "counts.py").write_text(
        jobs.HEAD
        + "pages(get); open('runs', 'a').write('x'); n = os.path.getsize('runs')\n"
        + "publish([dict(order_id=k, amount=1.0, day='') for k in range(n)])"
    )
    refused(source, room, "first clean run failed with exit code 1", "fails")
    refused(source, room, "a clean run made no request", "deaf")
    refused(
        source,
        room,
        f"made no request to {source}: write {{url}} where the command names it",
        "offline",
    )
    refused(source, room, "two clean runs leave different data in orders", "counts")
    refused("http://127.0.0.1:9", room, "--upstream http://127.0.0.1:9: ")
    refused(source, room, "had not ended after 0.2 s", "sleeps", timeout=0.2)


def test_the_command_line_is_told_what_is_wrong(source, room, fieldkit):
    state = ("--state", "board.db")
    for arguments, told in (
        ((*state,), "give either --upstream URL or --files FOLDER"),
        (("--upstream", source, "--files", ".", *state), "give either"),
        (("--files", "nowhere", *state, "--", "true"), "is not a folder"),
        (("--upstream", "nowhere", *state, "--", "true"), "is not an address"),
        (("--upstream", source, *state, "--timeout", "soon", "--", "true"), "--timeout soon"),
        (("--upstream", source, *state, "--faults", "none.yml", "--", "true"), "none.yml"),
        (("--upstream", source, "--", "true"), "no state"),
        (("--upstream", source, *state, "--html", "no/where.html", "--", "true"), "no folder"),
        (("--files", "."), "nothing to serve"),
    ):
        ran = fieldkit("chaos", *arguments)
        assert (ran.returncode, ran.stdout) == (2, ""), ran
        assert len(ran.stderr.splitlines()) == 1 and told in ran.stderr, ran.stderr


# -- the command line


def test_reports_for_people_programs_and_ci(source, room, fieldkit):
    schedules = [[{"kind": "rescaled", "first": 2, "count": 0, "column": "amount"}],
                 [{"kind": "throttled", "first": 2}]]  # fmt: skip
    (room / "faults.yml").write_text(yaml.safe_dump({"schedules": schedules}))
    options = ("--faults", "faults.yml", "--state", "board.db", "--timeout", "60s")
    outputs = ("--json", "c.json", "--junit", "c.xml", "--html", "c.html")
    job = ("--", sys.executable, "lazy.py", "{url}", "{state}")
    ran = fieldkit("chaos", "--upstream", source, *options, *outputs, *job)
    assert ran.returncode == 1
    assert ran.stdout.lstrip().startswith("WRONG: 2 of 2 schedules of faults: 2 WRONG")
    assert max(map(len, ran.stdout.splitlines())) <= 80 and "\x1b" not in ran.stdout
    told = json.loads((room / "c.json").read_text())
    assert told["verdict"] == "WRONG" and told["exit_code"] == 1
    assert [one["verdict"] for one in told["chaos"]["trials"]] == ["WRONG", "WRONG"]
    suite = ET.parse(room / "c.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "2")
    assert "<table>" in (room / "c.html").read_text()


def test_without_a_command_it_serves_until_ctrl_c(source):
    child = subprocess.Popen(
        [sys.executable, "-c", "from fieldkit.cli import main; main()", "chaos", "--upstream",
         source], stderr=subprocess.PIPE, text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    address = child.stderr.readline().split()[0]
    told = [requests.get(f"{address}/orders", timeout=60).status_code for _ in range(3)]
    assert told == [200, 200, 429]
    for line in iter(child.stderr.readline, ""):
        if "(throttled)" in line:
            break
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 0
