"""Time limits on code that may not want to end, inside a kernel that has to live on."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import threading
import time as clocks
from collections.abc import Callable
from time import monotonic, sleep  # the real ones, whatever a lab makes of time later
from types import FrameType
from typing import Any

AGAIN = 0.05  # seconds until the next look, when the limit passed outside the limited code
GRACE = 0.5  # seconds between the first request to stop and the storm of them
STORM = 0.00005  # seconds between requests then; slower ones do not end nested swallowing loops
PROGRAMS = 1.0  # seconds from then on until the programs that it has started are ended, again
LOOK = 1.0  # seconds that a look through the frames may take, before another one may begin
LATE = 0.25  # seconds past the limit after which the timer is taken to have been switched off
# The answer's own `signal.alarm` shares the timer: this signal comes in its place.
SPARE = getattr(signal, "SIGRTMIN", None) or getattr(signal, "SIGUSR2", None)


WATCH = "workbook-watch"


class TimedOut(BaseException):
    """The time limit has passed; not an Exception, so that ordinary handlers let it through."""


def run_limited(function: Callable[[], Any], seconds: float) -> Any:
    """Return `function()`; raise TimedOut if it is still running after `seconds`.

    In the main thread of a POSIX system this ends loops that swallow every exception, sleeps,
    locks, long DuckDB queries and waiting for a program. Elsewhere only running Python code can
    be ended. Within another limit the earlier one of both holds. Nothing ends a single step of
    Python's own that holds every thread up, such as `sum(range(10**12))`.
    """
    hook = sys.unraisablehook
    try:
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            return _run_with_alarm(function, seconds)
        return _run_pursued(function, seconds)
    finally:
        sys.unraisablehook = hook


def _keep_quiet() -> None:
    """From now on nothing is told of requests to stop that arrive in a finaliser.

    Not by a function in Python: it would be interrupted by the next request.
    """
    sys.unraisablehook = id


def _enter(function: Callable[[], Any]) -> Any:
    return function()


def _inside(frame: FrameType | None) -> bool:
    """Whether the interrupted frame was called, at any depth, from the innermost `_enter`."""
    while frame is not None and frame.f_code is not _run_with_alarm.__code__:
        frame = frame.f_back
        if frame is not None and frame.f_code is _enter.__code__:
            return True
    return False


def _run_with_alarm(function: Callable[[], Any], seconds: float) -> Any:
    expired, rests = False, 0.0

    def on_alarm(_signal: int, frame: FrameType | None) -> None:
        nonlocal expired, rests
        if (now := monotonic()) < rests:
            return
        # A million frames take long to look through: a storm of looks would let none come to its
        # end, nor the frames to theirs.
        rests = now + LOOK
        inside = _inside(frame)
        rests = monotonic() + 9 * (monotonic() - now)
        if not inside:
            return
        if not expired:
            expired = True
            _keep_quiet()
            signal.setitimer(signal.ITIMER_REAL, GRACE, STORM)
        raise TimedOut

    left, again = signal.getitimer(signal.ITIMER_REAL)
    ends = monotonic() + left
    before = signal.signal(signal.SIGALRM, on_alarm)
    spare_before = signal.signal(SPARE, on_alarm) if SPARE else None
    signal.setitimer(signal.ITIMER_REAL, min(seconds, left or seconds), AGAIN)
    _WATCH.begin(min(seconds, left or seconds))
    try:
        value = _enter(function)
    except BaseException:
        # DuckDB turns the alarm into a RuntimeError, so the flag decides and not the type.
        if expired:
            raise TimedOut from None
        raise
    finally:
        _WATCH.end()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if SPARE:
            signal.signal(SPARE, spare_before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(ends - monotonic(), STORM), again)
    if expired:
        raise TimedOut
    return value


class _Watch:
    """One thread for all limits of the main thread: it strikes where the timer does not."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: list[tuple[float, float]] = []  # (began, ends), the innermost last
        self._thread: threading.Thread | None = None
        self._looks = 0.0  # when the thread looks next, whatever happens until then

    def begin(self, seconds: float) -> None:
        """A limit of so many seconds holds from now on."""
        with self._changed:
            began = monotonic()
            self._limits.append((began, began + seconds + LATE))
            if self._thread is None or not self._thread.is_alive():  # none survives a fork
                self._thread = threading.Thread(target=self._strike, name=WATCH, daemon=True)
                self._thread.start()
            # To wake it costs more than many a call: it then wants Python's one lock, too.
            if self._limits[-1][1] < self._looks:
                self._changed.notify()

    def end(self) -> None:
        """The innermost limit does not hold any more; the thread sees that when it looks next."""
        with self._changed:
            self._limits.pop()

    def forked(self) -> None:
        """In a fork of limited code, which inherits neither timer nor threads, the limit holds."""
        self._changed = threading.Condition()
        if self._limits and hasattr(signal, "setitimer"):
            left = self._limits[-1][1] - LATE - monotonic()
            signal.setitimer(signal.ITIMER_REAL, max(left, STORM), AGAIN)

    def _strike(self) -> None:
        main, struck, ended = threading.main_thread().ident, 0.0, 0.0
        while True:
            with self._changed:
                late = monotonic() - self._limits[-1][1] if self._limits else None
                if late is None or late < 0:
                    struck = ended = 0.0
                    wait = None if late is None else -late
                    self._looks = math.inf if wait is None else monotonic() + wait
                    self._changed.wait(wait)
                    self._looks = 0.0
                    continue
                struck = struck or monotonic()
                # Held, so that the limit cannot end between the look and the blow.
                if SPARE and main:
                    signal.pthread_kill(main, SPARE)
                if monotonic() - max(struck + GRACE, ended) > PROGRAMS:
                    ended = monotonic()
                    _end_programs(self._limits[-1][0])
            sleep(AGAIN if monotonic() - struck < GRACE else STORM)


def _end_programs(began: float) -> None:
    """End what this process has started since then: `os.system` waits for it, come what may."""
    import psutil

    # psutil's clock begins with a boot time in whole seconds: ask it, and not another one.
    boot = getattr(clocks, "CLOCK_BOOTTIME", None)
    now = clocks.time() if boot is None else psutil.boot_time() + clocks.clock_gettime(boot)
    with contextlib.suppress(psutil.Error):
        for program in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if now - program.create_time() <= monotonic() - began + AGAIN:
                    program.kill()


def _run_pursued(function: Callable[[], Any], seconds: float) -> Any:
    # A plain lock, held while the function runs: an interrupted Event would keep its own for ever.
    thread, running, expired = threading.get_ident(), threading.Lock(), threading.Event()
    running.acquire()

    def pursue() -> None:
        wait = seconds
        while not running.acquire(timeout=wait):
            expired.set()
            _keep_quiet()
            wait = AGAIN
            _raise_in(thread, TimedOut)

    pursuer = threading.Thread(target=pursue, name="workbook-limit", daemon=True)

    def settle() -> None:
        if running.locked():
            running.release()
        while pursuer.is_alive():
            sleep(0.0005)
        if expired.is_set():
            _take_back(thread)

    try:
        pursuer.start()
        value = _enter(function)
        settle()
    except BaseException:
        settle()  # again: the pursuer may have struck just before, outside the limited code
        if expired.is_set():
            raise TimedOut from None
        raise
    if expired.is_set():
        raise TimedOut
    return value


def _raise_in(thread: int, error: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _take_back(thread: int) -> None:
    """Have this thread receive what was raised in it and did not arrive yet, so that nothing will.

    To raise NULL instead takes it back, too, but Python 3.11 then believes for good that something
    is waiting: every call takes longer, and under a debugger or a profiler none ever returns.
    """
    with contextlib.suppress(TimedOut):
        _raise_in(thread, TimedOut)
        while True:  # it arrives at the end of the first round
            pass


_WATCH = _Watch()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_WATCH.forked)
