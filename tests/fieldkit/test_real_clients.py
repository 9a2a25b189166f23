"""Clients that nobody here wrote, with a source that fails: dlt, curl, httpx with stamina."""

from __future__ import annotations

import shutil
import sys

import duckdb
import pytest

from fieldkit.chaos.faults import KINDS, Fault, Schedule
from fieldkit.chaos.run import Settings, chaos
from tests.fieldkit import jobs

KEPT = ("throttled", "unavailable", "dropped")
REFUSED = ("unauthorized", "missing", "outage")
DLT = """
import sys, dlt
from dlt.sources.rest_api import rest_api_source
url, state, work = sys.argv[1:]
source = rest_api_source({
    "client": {"base_url": url, "paginator": {"type": "json_link", "next_url_path": "next"}},
    "resources": [{
        "name": "orders", "primary_key": "order_id", "write_disposition": "merge",
        "endpoint": {"path": "orders?page=1", "data_selector": "orders"},
    }],
})
shop = dlt.pipeline("shop", destination=dlt.destinations.duckdb(state), dataset_name="shop",
                    pipelines_dir=work)
shop.run(source)
"""
CURL = """
set -e
url="$1"; state="$2"
curl --silent --show-error --fail --retry 3 --retry-delay 1 --retry-all-errors --max-time 5 \
     "$url/orders?page=1" --output "$state/.orders.part"
mv "$state/.orders.part" "$state/orders.json"
"""
HTTPX = """
import os, sqlite3, sys
import httpx, stamina
url, state = sys.argv[1:]
client = httpx.Client(timeout=2)

def again(error):
    if isinstance(error, httpx.HTTPStatusError):
        after = error.response.headers.get("Retry-After", "")
        if error.response.status_code not in (429, 500, 503):
            return False
        return float(after) + 0.1 if after.isdigit() else True
    return isinstance(error, httpx.TransportError)

@stamina.retry(on=again, attempts=4, timeout=60, wait_initial=0.1, wait_max=1)
def get(page):
    answer = client.get(page)
    answer.raise_for_status()
    return answer.json()

rows, page = [], url + "/orders?page=1"
while page:
    told = get(page)
    rows, page = rows + told["orders"], told["next"]
con = sqlite3.connect(state)
with con:
    con.execute("delete from orders")
    values = [(r["order_id"], r["amount"], r["day"]) for r in rows]
    con.executemany("insert into orders values (?, ?, ?)", values)
"""


@pytest.fixture(scope="module")
def source():
    with jobs.source() as address:
        yield address


def tried(source, command, states, *kinds, first=2, **options):
    given = tuple(
        Schedule(n, (Fault(kind, first, KINDS[kind].passes[0], column="amount"),))
        for n, kind in enumerate(kinds, 1)
    )
    settings = Settings(given=given, timeout=120.0, **options)
    found = chaos(command, states, source, settings=settings)
    return {one.schedule.faults[0].kind: one.verdict for one in found.trials}


def test_dlt_retries_and_keeps_what_it_had_but_believes_what_it_gets(
    source, tmp_path, monkeypatch, thorough
):
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    (tmp_path / "load.py").write_text(DLT)
    (tmp_path / "work").mkdir()
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    command = [sys.executable, str(tmp_path / "load.py"), "{url}", "{state}", "{state2}"]
    states = [tmp_path / "w.duckdb", tmp_path / "work"]
    kept, refused = (KEPT, REFUSED) if thorough else (KEPT[:1], REFUSED[1:2])
    verdicts = tried(source, command, states, *kept, *refused, "rescaled", preset="dlt")
    assert {verdicts[kind] for kind in kept} == {"fresh"}
    assert {verdicts[kind] for kind in refused} == {"stale, alerted"}
    assert verdicts["rescaled"] == "WRONG"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
def test_curl_that_retries_and_renames(source, tmp_path):
    (tmp_path / "fetch.sh").write_text(CURL)
    (tmp_path / "landing").mkdir()
    command = ["bash", str(tmp_path / "fetch.sh"), "{url}", "{state}"]
    kinds = (*KEPT, "outage", "truncated", "reset")
    verdicts = tried(source, command, [tmp_path / "landing"], *kinds, first=1)
    assert {verdicts[kind] for kind in (*KEPT, "reset")} == {"fresh"}
    assert verdicts["outage"] == "stale, alerted"
    assert verdicts["truncated"] == "WRONG", "curl cannot know that half was all it got"


def test_httpx_with_stamina(source, tmp_path, thorough):
    (tmp_path / "load.py").write_text(HTTPX)
    state = jobs.lay_out(tmp_path)
    command = [sys.executable, str(tmp_path / "load.py"), "{url}", "{state}"]
    kept, refused = (KEPT, REFUSED) if thorough else (KEPT[::2], REFUSED[::2])
    verdicts = tried(source, command, [state], *kept, *refused, "html", "retyped")
    assert {verdicts[kind] for kind in kept} == {"fresh"}
    assert {verdicts[kind] for kind in (*refused, "html")} == {"stale, alerted"}
    assert verdicts["retyped"] == "WRONG"
