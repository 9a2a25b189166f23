"""Time that nobody waits for: who is in it, who is not, and a source whose answers cost it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from contextlib import contextmanager

import pytest
import requests
import stamina
import stamina.instrumentation
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from fieldkit.chaos.faults import Fault, Schedule
from fieldkit.chaos.upstream import Reply
from labs.handles import clock
from labs.handles.clock import VirtualClock
from labs.handles.source import Source, served_by, too_early
from workbook import Crash

START = dt.datetime(2026, 2, 3, 6, tzinfo=dt.UTC)
SOON = 11.0  # real seconds within which anything here is over: less than most virtual waits


def sleep_by_name(seconds):
    """As an answer does it that takes the name, after this lab's modules have been imported."""
    from time import sleep

    sleep(seconds)


@contextmanager
def virtual(most=7_200.0, start=START):
    made = VirtualClock(start, most)
    made.begin()
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(autouse=True)
def nobody_waits():
    begun = time.monotonic()
    yield
    assert clock.current() is None
    assert time.monotonic() - begun < SOON


def in_thread(function):
    """Run it in a thread; returns what it returned."""
    out = []
    thread = threading.Thread(target=lambda: out.append(function()))
    thread.start()
    thread.join()
    return out[0]


class TestClock:
    @pytest.mark.parametrize("sleep", [time.sleep, sleep_by_name], ids=["attribute", "name"])
    def test_sleep_passes_virtual_time(self, sleep):
        with virtual() as made:
            sleep(3_600)
            assert made.passed == 3_600

    @pytest.mark.parametrize("name", ["monotonic", "perf_counter", "time"])
    def test_clocks_move_with_it_and_with_nothing_else(self, name):
        with virtual():
            before = getattr(time, name)()
            assert getattr(time, name)() == before
            time.sleep(90.5)
            assert getattr(time, name)() - before == pytest.approx(90.5, abs=1e-5)

    @pytest.mark.parametrize("name", ["monotonic_ns", "perf_counter_ns", "time_ns"])
    def test_clocks_in_nanoseconds(self, name):
        with virtual():
            before = getattr(time, name)()
            time.sleep(2)
            assert getattr(time, name)() - before == pytest.approx(2e9, abs=1e4)

    def test_the_wall_clock_shows_its_time(self):
        with virtual():
            time.sleep(61)
            assert dt.datetime.now(dt.UTC) == START + dt.timedelta(seconds=61)
            assert dt.datetime.fromtimestamp(time.time(), dt.UTC).minute == 1
            assert dt.date.today() == START.date()

    def test_an_event_is_waited_for_virtually(self):
        with virtual() as made:
            never, there = threading.Event(), threading.Event()
            there.set()
            assert not never.wait(40)
            assert there.wait(40)
            assert made.passed == 40

    def test_threads_live_in_the_time_of_who_started_them(self):
        with virtual() as made:
            in_thread(lambda: time.sleep(25))
            in_thread(lambda: in_thread(lambda: sleep_by_name(5)))
            assert made.passed == 30

    def test_other_threads_keep_real_time(self):
        begin, seen = threading.Event(), []

        def outside():
            begin.wait()
            before = time.monotonic()
            time.sleep(0.02)
            seen.append((clock.current(), time.monotonic() - before))

        thread = threading.Thread(target=outside)
        thread.start()
        with virtual() as made:
            begin.set()
            thread.join()
            assert made.passed == 0
        (current, took), *_ = seen
        assert current is None
        assert 0.02 <= took < SOON

    def test_time_is_real_outside(self):
        wall = dt.datetime.now(dt.UTC)
        with virtual():
            time.sleep(10_000 - 5_000)
        before = time.monotonic()
        time.sleep(0.02)
        assert time.monotonic() - before >= 0.02
        assert dt.datetime.now(dt.UTC) - wall < dt.timedelta(seconds=SOON)

    def test_who_goes_on_for_ever_is_dead_whatever_it_catches(self):
        with virtual(most=100) as made, pytest.raises(Crash):
            while True:
                try:
                    time.sleep(30)
                except Exception:
                    continue
        assert made.stopped

    def test_a_negative_sleep_is_an_error_as_ever(self):
        with virtual() as made, pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        assert made.passed == 0

    def test_ending_twice_is_no_harm(self):
        made = VirtualClock(START, 10)
        made.begin()
        made.end()
        made.end()
        assert clock.current() is None


class TestLibraries:
    def test_tenacity_waits_and_stops_by_it(self):
        def fails():
            raise ConnectionError

        retrying = tenacity.Retrying(
            wait=tenacity.wait_fixed(7), stop=tenacity.stop_after_delay(60), reraise=True
        )
        with virtual() as made:
            with pytest.raises(ConnectionError):
                retrying(fails)
            assert made.passed == 63

    def test_stamina_waits_what_its_hook_says(self):
        stamina.instrumentation.set_on_retry_hooks([])
        try:
            with virtual() as made:
                with pytest.raises(ConnectionError):
                    for attempt in stamina.retry_context(on=lambda _: 7.0, attempts=3):
                        with attempt:
                            raise ConnectionError
                assert made.passed == 14
        finally:
            stamina.instrumentation.set_on_retry_hooks(None)

    @pytest.mark.parametrize("dated", [False, True], ids=["seconds", "date"])
    def test_urllib3_honours_retry_after_in_it(self, api, dated):
        api.begin(Schedule(0, (Fault("unavailable", wait=20, dated=dated),)))
        with opened(api) as (http, source):
            http.mount("http://", HTTPAdapter(max_retries=Retry(3, status_forcelist=[503])))
            assert http.get(api.url, timeout=5).status_code == 200
        assert 20 <= source.evidence()["seconds"] < 23
        assert too_early(api.served) is None


@pytest.fixture
def api():
    body = b'{"orders": []}'
    headers = (("Content-Type", "application/json"),)
    with served_by(lambda _: Reply(200, body, headers)) as made:
        yield made


@contextmanager
def opened(api, **options):
    source = Source(api.url, START, **options)
    try:
        yield source.open(lambda: None), source
    finally:
        source.close()


class TestSource:
    def test_a_request_takes_its_virtual_time(self, api):
        with opened(api) as (http, source):
            assert http.get(api.url, timeout=5).json() == {"orders": []}
        seen = source.evidence()
        assert seen == {
            "requests": 1, "seconds": pytest.approx(0.2), "hung": False, "over_limit": False,
            "crashed": False,
        }  # fmt: skip
        assert api.served[0].at == pytest.approx(START.timestamp() + 0.2)

    def test_a_hang_without_a_timeout_counts_as_hung(self, api):
        api.begin(Schedule(0, (Fault("hang"),)))
        with opened(api) as (http, source), pytest.raises(Crash):
            http.get(api.url)
        assert source.evidence()["hung"]
        assert source.evidence()["crashed"]

    @pytest.mark.parametrize("timeout", [12, (3, 12)], ids=["one", "two"])
    def test_a_hang_with_a_timeout_costs_it(self, api, timeout):
        api.begin(Schedule(0, (Fault("hang"),)))
        with opened(api) as (http, source), pytest.raises(requests.ReadTimeout):
            http.get(api.url, timeout=timeout)
        seen = source.evidence()
        assert seen["seconds"] == pytest.approx(12.2)
        assert not seen["crashed"]

    def test_too_many_requests_end_it(self, api):
        with opened(api) as (http, source), pytest.raises(Crash):
            while True:
                try:
                    http.get(api.url, timeout=5)
                except Exception:
                    continue
        assert source.evidence()["requests"] == 150 == len(api.served)
        assert source.evidence()["over_limit"]

    def test_waiting_for_ever_ends_it(self, api):
        with opened(api, most_seconds=50) as (_, source), pytest.raises(Crash):
            time.sleep(60)
        assert source.evidence()["over_limit"]

    @pytest.mark.parametrize("dated", [False, True], ids=["seconds", "date"])
    @pytest.mark.parametrize(("waits", "polite"), [(3, False), (32, True)])
    def test_politeness(self, api, waits, polite, dated):
        api.begin(Schedule(0, (Fault("throttled", wait=30, dated=dated),)))
        with opened(api) as (http, _):
            assert http.get(api.url, timeout=5).status_code == 429
            time.sleep(waits)
            assert http.get(api.url, timeout=5).status_code == 200
        early = too_early(api.served)
        assert (early is None) == polite
        if early:
            assert [one.number for one in early] == [1, 2]

    def test_time_is_real_when_it_is_closed(self, api):
        with opened(api):
            assert clock.current() is not None
        assert clock.current() is None
        assert requests.get(api.url, timeout=5).status_code == 200

    def test_a_crash_is_no_reason_to_stay_virtual(self, api):
        with pytest.raises(Crash), opened(api, most_requests=0) as (http, _):
            http.get(api.url, timeout=5)
        assert clock.current() is None


def test_a_lock_that_a_time_limit_left_does_not_hold_the_end_up(api):
    """The limit strikes between the taking of a queue's lock and the block that gives it back."""
    source = Source(api.url, START)
    session = source.open(lambda: None)
    session.get(api.url, timeout=1)
    [pool] = session.get_adapter("http://").poolmanager.pools._container.values()
    pool.pool.mutex.acquire()
    closing = threading.Thread(target=source.close, daemon=True)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
