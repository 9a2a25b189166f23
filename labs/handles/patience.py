"""Ends a reading of a database that takes too long."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

LOOKS = 0.25  # seconds from one look of the watcher to the next
_numbers = itertools.count(1)
_lock = threading.Lock()
_under_way: dict[int, tuple[duckdb.DuckDBPyConnection, float]] = {}
_watchers: list[threading.Thread] = []  # one, while anything is read


@contextmanager
def limited(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the cursor does in this block if it takes longer.

    One thread looks after all readings: to start one for each takes longer than most of them.
    """
    number = next(_numbers)
    with _lock:
        _under_way[number] = (cursor, seconds)
        _watched()
    try:
        yield
    finally:
        with _lock:
            del _under_way[number]


def _watched() -> None:
    """Start the watcher where there is none; a process that was forked has lost it."""
    if not any(thread.is_alive() for thread in _watchers):
        _watchers[:] = [threading.Thread(target=_watch, daemon=True)]
        _watchers[0].start()


def _watch() -> None:
    """Look now and then, until nothing is read any more."""
    began: dict[int, float] = {}
    while True:
        with _lock:
            if not _under_way:
                _watchers.clear()
                return
            now = dict(_under_way)
        for number, (cursor, seconds) in now.items():
            if time.monotonic() - began.setdefault(number, time.monotonic()) >= seconds:
                with suppress(duckdb.Error):  # it came to its end just now
                    cursor.interrupt()
        time.sleep(LOOKS)
