"""Publishes a state by one swap of files, and what has to follow it; finishes after a kill."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.guard.alerting import AlertQueue
from fieldkit.guard.history import History, from_json
from fieldkit.guard.shelf import Shelf, forget
from fieldkit.runs.workplace import refuse_locked, signals_deferred
from fieldkit.state import durable
from fieldkit.state.snapshot import Signature, siblings, signature
from fieldkit.state.stores import BROKEN, State

PATIENCE = 10.0  # seconds in which others may end what they do with the state


def merge_log(path: Path, kind: str) -> None:
    """Bring what lies in a log beside a database into its file; what is in it does not change.

    Raises the engine's own error where it cannot be opened or another process has it.
    """
    if kind == "duckdb":
        with duckdb.connect(str(path)) as con:
            con.execute("checkpoint")
        return
    with closing(sqlite3.connect(path, timeout=0.2)) as con:
        con.execute("pragma wal_checkpoint(truncate)")
        con.execute("select count(*) from sqlite_master").fetchall()  # rolls a torn write back


class Changed(Exception):
    """The state is not the one that the run began with; says so in words."""


def publish(
    shelf: Shelf,
    state: State,
    staged: Path,
    base: Signature,
    after: dict[str, Any],
    alerts: AlertQueue,
) -> None:
    """Put the staged file in the state's place; then `after`: as_of, past (history), alert.

    A reader sees the old state or the new one; a kill leaves one of them, and the next `finish`
    does what is missing. Raises Changed if the state is no longer as `base`, CannotRun if others
    have it open.
    """
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    _wait_until_unused(state, base)
    with signals_deferred():
        durable.write(shelf.intent, json.dumps({**after, "inode": staged.stat().st_ino}))
        durable.swap(staged, state.path)
        finish(shelf, alerts)


def _wait_until_unused(state: State, base: Signature) -> None:
    """Wait until nobody writes, and no log is left beside the state that is to be replaced."""
    if signature(state.path) != base:
        raise Changed(f"{state.path}: was written to by another process meanwhile")
    _retry(lambda: refuse_locked(state))
    if siblings(state.path)[1:]:
        _retry(lambda: _log_merged(state))


def _log_merged(state: State) -> None:
    try:
        merge_log(state.path, state.kind)
    except BROKEN as error:
        raise CannotRun(f"{state.path}: its log cannot be brought in: {error}") from None
    if beside := siblings(state.path)[1:]:
        raise CannotRun(f"{state.path}: another process has it open, as {beside[0].name} shows")


def _retry(work: Callable[[], None]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except CannotRun:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _swapped(shelf: Shelf, intent: dict[str, Any]) -> bool:
    return bool(shelf.state.stat().st_ino == intent.get("inode"))


def finish(shelf: Shelf, alerts: AlertQueue) -> bool:
    """Do what has to follow a swap, once, also after a kill; gives whether there was one.

    A swap that did not happen is forgotten: the state is the old one.
    """
    intent = durable.read_json(shelf.intent)
    done = bool(intent) and _swapped(shelf, intent)
    if done:
        durable.write(shelf.as_of, json.dumps(intent["as_of"], indent=2) + "\n")
        if intent.get("past"):
            History.read(shelf.history).add(from_json(intent["past"]))
        alerts.recovered(intent["alert"])
    forget(shelf.intent)
    return done


def mark_stale(shelf: Shelf, told: dict[str, Any]) -> dict[str, Any]:
    """Mark the published state as stale, with since when and why; as_of stays what it was."""
    now = durable.read_json(shelf.as_of)
    if "as_of" not in now:
        written = time.gmtime(shelf.state.stat().st_mtime)
        now["as_of"] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", written)
    now |= {"stale_since": now.get("stale_since") or told["checked_at"], **told}
    durable.write(shelf.as_of, json.dumps(now, indent=2) + "\n")
    return now
