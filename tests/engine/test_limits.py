"""Time limits end whatever does not want to end, and leave nothing armed behind."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import threading
import time

import duckdb
import pytest

from workbook import limits
from workbook.limits import TimedOut, run_limited

LIMIT = 0.5
PATIENCE = 30.0  # wall seconds that no limited call may take, however busy the machine

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")


@pytest.fixture(autouse=True)
def _nothing_stays_armed():
    handler = signal.getsignal(signal.SIGALRM)
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert not [t for t in threading.enumerate() if t.name == "workbook-limit"]


def in_thread(function):
    """Call in a thread that is not the main one; returns its value or raises its error."""
    told = {}

    def call():
        try:
            told["value"] = function()
        except BaseException as error:
            told["error"] = error

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    if "error" in told:
        raise told["error"]
    return told["value"]


def loop():
    while True:
        pass


def loop_swallowing_exceptions():
    while True:
        with contextlib.suppress(Exception):
            loop()


def loop_swallowing_everything():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def nested_loops_swallowing_everything():
    while True:
        try:
            while True:
                try:
                    while True:
                        pass
                except:  # noqa: E722
                    continue
        except BaseException:
            continue


def return_in_finally():
    def stubborn():
        while True:
            try:
                loop()
            finally:
                return 1  # noqa: B012

    while True:
        stubborn()


def swallows_once_and_returns():
    try:
        loop()
    except BaseException:
        return "I am late, but here"


def swallows_once_and_raises():
    try:
        loop()
    except BaseException:
        raise ValueError("something else") from None


def sleeps():
    time.sleep(60)


def waits_for_a_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def waits_for_an_event():
    threading.Event().wait()


def joins_a_thread():
    done = threading.Event()
    thread = threading.Thread(target=done.wait, daemon=True)
    thread.start()
    try:
        thread.join()
    finally:
        done.set()


def runs_a_process():
    subprocess.run(["sleep", "30"], check=False)


def catastrophic_pattern():
    re.match(r"(a+)+$", "a" * 40 + "b")


def long_query():
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("select sum(a.range * b.range) from range(1000000) a, range(1000000) b")
        con.fetchall()


def generator_that_never_ends():
    def forever():
        while True:
            try:
                yield
            except GeneratorExit:
                return

    for _ in forever():
        pass


def recursion_with_finally():
    def deeper(n):
        try:
            if n:
                deeper(n - 1)
            while True:
                pass
        finally:
            sum(range(10))

    deeper(200)


ENDLESS = [
    loop, loop_swallowing_exceptions, loop_swallowing_everything,
    nested_loops_swallowing_everything, return_in_finally, swallows_once_and_returns,
    swallows_once_and_raises, sleeps, waits_for_a_lock, waits_for_an_event, joins_a_thread,
    runs_a_process, catastrophic_pattern, long_query, generator_that_never_ends,
    recursion_with_finally,
]  # fmt: skip
#: In other threads there are no alarms: only running Python that lets an error through ends.
PYTHON_ONLY = [
    loop, loop_swallowing_exceptions, swallows_once_and_returns,
    swallows_once_and_raises, generator_that_never_ends, recursion_with_finally,
]  # fmt: skip


@posix
@pytest.mark.parametrize("endless", ENDLESS)
def test_ends_in_the_main_thread(endless):
    started = time.monotonic()
    with pytest.raises(TimedOut):
        run_limited(endless, LIMIT)
    assert time.monotonic() - started < PATIENCE


@pytest.mark.parametrize("endless", PYTHON_ONLY)
def test_ends_running_python_in_other_threads(endless):
    started = time.monotonic()
    with pytest.raises(TimedOut):
        in_thread(lambda: run_limited(endless, 0.2))
    assert time.monotonic() - started < PATIENCE


@pytest.fixture(params=["main", "thread"])
def anywhere(request):
    """Call a function in the main thread or in another one."""
    return (lambda function: function()) if request.param == "main" else in_thread


class TestInTime:
    def test_returns_the_value(self, anywhere):
        value = object()
        assert anywhere(lambda: run_limited(lambda: value, LIMIT)) is value

    @pytest.mark.parametrize(
        "error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3), StopIteration(1)]
    )
    def test_exceptions_pass_through_unchanged(self, anywhere, error):
        def raises():
            raise error

        with pytest.raises(type(error)) as caught:
            anywhere(lambda: run_limited(raises, LIMIT))
        assert caught.value is error

    def test_a_limit_of_its_own_inside(self, anywhere):
        def outer():
            return [run_limited(lambda n=n: n, LIMIT) for n in range(3)]

        assert anywhere(lambda: run_limited(outer, PATIENCE)) == [0, 1, 2]

    def test_many_short_calls_leak_no_interrupt(self, anywhere):
        """Calls that take about as long as their limit: the end of one never hits the next line."""

        def about(seconds):
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                pass
            return "value"

        def often():
            told = []
            for n in range(150):
                try:
                    told.append(run_limited(lambda n=n: about(0.001 + n % 5 * 0.0002), 0.0015))
                except TimedOut:
                    told.append("late")
                sum(range(200))  # a late interrupt would strike here
            time.sleep(0.1)
            return told

        assert set(anywhere(often)) <= {"value", "late"}

    def test_a_zero_division_after_an_interrupted_call_is_its_own(self, anywhere):
        with pytest.raises(TimedOut):
            anywhere(lambda: run_limited(loop, 0.05))
        with pytest.raises(ZeroDivisionError):
            anywhere(lambda: run_limited(lambda: 1 // 0, LIMIT))


class TestNested:
    def test_the_inner_limit_ends_only_the_inner_call(self, anywhere):
        def outer():
            with pytest.raises(TimedOut):
                run_limited(loop, 0.1)
            return "went on"

        assert anywhere(lambda: run_limited(outer, PATIENCE)) == "went on"

    def test_the_outer_limit_holds_after_an_inner_call(self, anywhere):
        def outer():
            run_limited(lambda: None, LIMIT)
            loop()

        started = time.monotonic()
        with pytest.raises(TimedOut):
            anywhere(lambda: run_limited(outer, LIMIT))
        assert time.monotonic() - started < PATIENCE

    def test_the_outer_limit_holds_within_a_longer_inner_one(self, anywhere):
        started = time.monotonic()
        with pytest.raises(TimedOut):
            anywhere(lambda: run_limited(lambda: run_limited(loop, 60), LIMIT))
        assert time.monotonic() - started < PATIENCE

    def test_an_inner_call_that_swallows_everything(self):
        def outer():
            with pytest.raises(TimedOut):
                run_limited(loop_swallowing_everything, 0.1)
            return "went on"

        assert run_limited(outer, PATIENCE) == "went on"

    @posix
    def test_an_alarm_that_someone_else_set_still_rings(self):
        rang = []
        before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            assert run_limited(lambda: "value", 0.2) == "value"
            until = time.monotonic() + PATIENCE
            while not rang and time.monotonic() < until:
                time.sleep(0.02)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert rang


def test_timed_out_is_no_exception():
    assert not issubclass(TimedOut, Exception)


@posix
def test_duckdb_is_usable_after_an_interrupted_query():
    with duckdb.connect(config={"threads": 1}) as con:
        query = "select sum(a.range * b.range) from range(1000000) a, range(1000000) b"
        with pytest.raises(TimedOut):
            run_limited(lambda: con.execute(query).fetchall(), 0.2)
        assert con.execute("select 1").fetchall() == [(1,)]


def cancels_the_timer():
    signal.alarm(60)
    signal.alarm(0)
    loop_swallowing_exceptions()


def ignores_the_signal():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    loop_swallowing_exceptions()


def has_a_handler_of_its_own():
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(60)


@posix
@pytest.mark.parametrize("own", [cancels_the_timer, ignores_the_signal, has_a_handler_of_its_own])
def test_an_answer_that_uses_the_timer_itself_is_ended_all_the_same(own):
    with pytest.raises(TimedOut):
        run_limited(own, LIMIT)


@posix
def test_an_answers_own_timeout_works_within_the_limit():
    def own():
        def late(*_):
            raise TimeoutError

        signal.signal(signal.SIGALRM, late)
        signal.alarm(1)
        try:
            time.sleep(60)
        except TimeoutError:
            return "gave up"
        finally:
            signal.alarm(0)
        return "waited"

    assert run_limited(own, 30) == "gave up"


PURSUED = """
import sys, threading
from workbook.limits import TimedOut, run_limited

def limited():
    run_limited(lambda: 1, 60)
    try:
        run_limited(lambda: [None for _ in iter(int, 1)], 0.1)
    except TimedOut:
        print("stopped", end=" ")

thread = threading.Thread(target=limited)
thread.start()
thread.join()
sys.setprofile(lambda *_: None)
print(sum((lambda: 1)() for _ in range(100)))
"""


def test_a_limit_in_a_thread_leaves_nothing_that_a_debugger_or_profiler_would_wait_for():
    """Python 3.11 calls no function any more where it believes that an exception is waiting."""
    command = [sys.executable, "-c", PURSUED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.split() == ["stopped", "100"]


def dies_in_finalisers():
    class Dies:
        def __del__(self):
            sum(range(1000))
            sum(range(1000))

    while True:
        Dies()
        sum(range(1000))


@pytest.mark.parametrize("where", [lambda call: call(), in_thread], ids=["main", "thread"])
def test_nothing_is_told_of_a_request_to_stop_that_reaches_a_finaliser(where, monkeypatch):
    """A hook in Python would itself be interrupted, and keep what interrupted it for later."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    hook = sys.unraisablehook
    with pytest.raises(TimedOut):
        where(lambda: run_limited(dies_in_finalisers, LIMIT))
    assert not told
    assert sys.unraisablehook == hook


@posix
def test_short_calls_do_not_wake_the_thread_that_watches_limits(monkeypatch):
    """Each time it wakes it wants Python's one lock, which costs more than most calls."""
    looks, wait = [], limits._WATCH._changed.wait

    def counted(timeout=None):
        looks.append(timeout)
        return wait(timeout)

    monkeypatch.setattr(limits._WATCH._changed, "wait", counted)
    for _ in range(100):
        run_limited(lambda: time.sleep(0.001), 30)
    assert len(looks) <= 5


@posix
@pytest.mark.parametrize("before", [30, 0.01])
def test_a_limit_holds_after_another_one_that_ended_before_its_time(before):
    """The thread still waits for the end of the first one when the second one begins."""

    def without_timer():
        signal.setitimer(signal.ITIMER_REAL, 0)
        while True:
            pass

    run_limited(lambda: None, before)
    began = time.monotonic()
    with pytest.raises(TimedOut):
        run_limited(without_timer, 0.2)
    assert time.monotonic() - began < 5
