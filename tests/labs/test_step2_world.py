"""What the page of step 2 shows, two hundred mornings with the reference, and answers gone wild."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from fieldkit.chaos.faults import KINDS
from fieldkit.chaos.found import Verdict
from labs.step2_failure.world import World
from labs.step2_failure.world.failure_policy import FAULTS
from labs.step2_failure.world.feeds import feeds
from labs.step2_failure.world.job import VERDICTS
from labs.step2_failure.world.mornings import MORNINGS, mornings
from workbook import AnswerFailed, UsageError, catalog, judge, pages
from workbook.answer import AnswerTimedOut
from workbook.headless import answer_of
from workbook.local import LocalAnswer

LAB = catalog.load("step2_failure")
STARTER = pages.starters(LAB.page)["ingest"].source


def ingest(text=""):
    return answer_of(LAB, "ingest", text or LAB.exercise("ingest").reference.text).entry()


@pytest.fixture(scope="module")
def world():
    return World(7, orders_per_day=60)


@pytest.fixture(scope="module")
def shipped():
    return ingest(STARTER)


@pytest.fixture(scope="module")
def reference():
    return ingest()


@pytest.fixture(scope="module")
def proofs(world, shipped, reference):
    """Every kind of morning once, with the job that shipped and with the reference."""
    return [world.schedules(one, len(MORNINGS)) for one in (shipped, reference)]


@pytest.fixture
def busy():
    """Processes that never rest: no verdict may depend on how fast the machine is."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for process in spinning:
        process.kill()
        process.wait()


def test_two_hundred_mornings_with_the_reference(world, reference):
    proof = world.schedules(reference, 200)
    assert proof.bad == 0, proof.counts()
    assert {kind for kind, _ in proof.ends} == set(MORNINGS)


def test_the_same_verdicts_on_a_busy_machine(world, shipped, reference, proofs, busy, thorough):
    for one, before in zip((shipped, reference), proofs, strict=True):
        for _ in range(10 if thorough else 1):
            assert world.schedules(one, len(MORNINGS)).ends == before.ends


def test_the_shipped_job_is_wrong_and_says_nothing(world, shipped, proofs):
    fortnight = world.fortnight(shipped)
    assert len(fortnight.wrong) == 7
    assert all("nobody" in look.told for look in fortnight.wrong)
    assert "wrong on 7" in str(fortnight.plot())
    worst = proofs[0].worst()
    assert (
        worst["clean"] == "fresh"
        and worst["rescaled"] == "WRONG"
        and worst["hang"] == "NEVER ENDED"
    )


def test_the_reference_is_never_wrong_and_tells(world, reference):
    fortnight = world.fortnight(reference)
    assert fortnight.wrong == []
    stale = [look for look in fortnight.looks if not look.fresh]
    assert stale and all(look.told.startswith("data team") for look in stale)
    told = fortnight.table()._repr_mimebundle_()["text/plain"]
    assert "as of" in told and "nobody; the run" not in told


def test_a_timeline_tells_requests_and_waits(world, reference):
    told = str(world.timeline(reference, "short outage"))
    assert "503 for 10 minutes" in told and told.endswith("the board: fresh.")


def test_a_matrix_counts_the_kinds_that_ended_badly(proofs):
    before, after = proofs
    assert str(after.matrix(before)) == (
        f"Of {len(MORNINGS)} kinds of mornings, {before.bad} ended badly before and 0 afterwards."
    )


def test_the_linter_finds_nothing_in_what_shipped_and_something_in_a_bare_except(world, shipped):
    assert "all checks passed" in str(world.review(shipped))
    bare = ingest(STARTER.replace("except (requests.RequestException, LookupError, TypeError) as error:", "except:").replace("error)", "1)"))  # noqa: E501  # fmt: skip
    assert "bare `except`" in str(world.review(bare))


def test_parameters_that_cannot_be(world, shipped):
    for given in (0, 10**9, "400"):
        with pytest.raises(UsageError, match="whole number"):
            World(7, orders_per_day=given)
    with pytest.raises(UsageError, match="whole number"):
        world.schedules(shipped, 0)
    with pytest.raises(UsageError, match="there is no morning 'fog'"):
        world.timeline(shipped, "fog")


def test_a_fault_has_one_name_in_tables_policy_and_instrument():
    for one in mornings(7, len(MORNINGS)):
        assert all(fault.kind in one.kind.split() for fault in one.faults), one.kind
    # What a job cannot tell apart is one line of a policy: truncated, and html.
    assert set(FAULTS) - set(KINDS) == {"broken_answer"}
    for feed in feeds(7):
        known = {*feed.kind.replace(" ", "_").split("_"), feed.kind.replace(" ", "_")}
        assert feed.fault in ("", "unavailable") or feed.fault in known, feed.kind


def test_how_a_morning_ends_is_named_as_the_instrument_names_it():
    bad = {verdict for verdict in VERDICTS if verdict.isupper()}
    assert bad - set(Verdict) == {"OVER-CAUTIOUS"}, "chaos does not know which days are good"
    assert {"fresh", "stale, alerted"} == set(VERDICTS) & set(Verdict) - bad


def test_every_kind_of_morning_is_told_and_comes_equally_often():
    told = list(mornings(11, 2 * len(MORNINGS)))
    assert [m.kind for m in told] == [*MORNINGS, *MORNINGS]
    assert all(m.told for m in told)


WILD = {
    "never returns": "while True: pass",
    "swallows whatever ends it": """
    while True:
        try:
            http.get(url + '/orders')
        except BaseException:
            pass""",
    "sleeps for days": "import time; time.sleep(10**6)",
    "asks from many threads": """
    import threading
    def ask():
        while True:
            http.get(url + '/orders', timeout=1)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]""",
    "opens sockets and keeps them": """
    import requests
    kept = [requests.Session().get(url + '/orders', timeout=1, stream=True) for _ in range(400)]""",
    "ends the process": "import sys; sys.exit(3)",
    "recurses": "return ingest(http, url, con, alert)",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", WILD)
def test_an_answer_gone_wild_ends_and_is_told(name):
    text = (
        f'@lab.exercise("ingest")\ndef ingest(http, url, con, alert):\n    {WILD[name].strip()}\n'
    )
    before = set(threading.enumerate())
    answer = LocalAnswer(answer_of(LAB, "ingest", text), 2.0)
    try:
        found = next(filter(None, judge.tried(LAB.exercise("ingest"), answer, [7])), None)
    except (AnswerFailed, AnswerTimedOut) as ended:
        found = ended
    assert found is not None
    left = [t for t in set(threading.enumerate()) - before if t.name != "preload"]
    for thread in left:
        thread.join(2)
    assert not [t for t in left if t.is_alive() and not t.daemon]
