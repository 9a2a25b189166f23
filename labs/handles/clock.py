"""A virtual clock: sleeping takes no real time, and every clock shows virtual time."""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

# For a plugin that nobody needs here it would import pytest, which takes longer than a check.
_without = sys.modules.setdefault("pytest", None)  # type: ignore[arg-type]
import time_machine  # noqa: E402

if _without is None:
    del sys.modules["pytest"]

from workbook import Crash  # noqa: E402

_real: dict[str, Callable[..., Any]] = {}
_clocks: list[VirtualClock] = []


class VirtualClock:
    """Time for the thread that starts it and for the threads that this one starts, but daemons.

    There `time.sleep`, `time.monotonic`, `time.perf_counter` and a wait for an Event are virtual,
    under whichever name they were imported since this module was; the wall clock (`datetime.now`,
    `time.time`) shows `start`, which has a time zone, and the seconds that passed.
    `most`: virtual seconds after which `Crash` is raised.
    """

    def __init__(self, start: dt.datetime, most: float) -> None:
        self.start, self.most = start, most
        self.passed = 0.0
        self.stopped = False
        self._wall = time_machine.travel(start, tick=False)
        self._lock = threading.Lock()

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.start.timestamp() + self.passed

    def begin(self) -> None:
        """Let time be virtual from here on."""
        threading.current_thread()._workbook_virtual = True  # type: ignore[attr-defined]
        self._travel = self._wall.start()
        _clocks.append(self)

    def end(self) -> None:
        """Let time be real again."""
        if self in _clocks:
            _clocks.remove(self)
            self._wall.stop()
        threading.current_thread()._workbook_virtual = False  # type: ignore[attr-defined]

    def advance(self, seconds: float) -> None:
        """Let time pass; raises Crash for who goes on after the end."""
        with self._lock:
            self.passed += seconds
            self._travel.shift(seconds)
            self.stopped = self.stopped or self.passed > self.most
        if self.stopped:
            raise Crash


def current() -> VirtualClock | None:
    """The clock of this thread, if its time is virtual."""
    virtual = getattr(threading.current_thread(), "_workbook_virtual", False)
    return _clocks[-1] if _clocks and virtual else None


def _sleep(seconds: float) -> None:
    clock = current()
    if clock is None:
        _real["sleep"](seconds)
    elif seconds < 0:
        raise ValueError("sleep length must be non-negative")
    else:
        clock.advance(seconds)


def _reading(name: str, per_second: int) -> Callable[[], Any]:
    def read() -> Any:
        clock = current()
        if clock is None:
            return _real[name]()
        return int(clock.now * per_second) if per_second > 1 else clock.now

    return read


def _start(thread: threading.Thread) -> None:
    """Threads live in the time of the one that starts them; daemons, which serve a library for
    as long as the process lives (a progress bar's monitor), in real time."""
    thread._workbook_virtual = current() is not None and not thread.daemon  # type: ignore[attr-defined]
    _real["start"](thread)


def _wait(event: threading.Event, timeout: float | None = None) -> bool:
    clock = current()
    if clock is None or timeout is None or event.is_set():
        return bool(_real["wait"](event, timeout))
    clock.advance(max(0.0, timeout))
    return event.is_set()


def install() -> None:
    """Make the time functions ask whose time it is; before a page imports them by name."""
    if _real:
        return
    _real.update(sleep=time.sleep, start=threading.Thread.start, wait=threading.Event.wait)
    time.sleep = _sleep
    for name in ("monotonic", "perf_counter"):
        for suffix, per_second in (("", 1), ("_ns", 10**9)):
            _real[name + suffix] = getattr(time, name + suffix)
            setattr(time, name + suffix, _reading(name + suffix, per_second))
    threading.Thread.start = _start  # type: ignore[method-assign, assignment]
    threading.Event.wait = _wait  # type: ignore[method-assign, assignment]


install()
