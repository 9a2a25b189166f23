"""Publishes a state by one rename, and writes its records; completes both after a kill."""

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

from fieldkit.errors import CannotRun, put_in_place
from fieldkit.guard.alerting import AlertQueue
from fieldkit.guard.history import History, from_json
from fieldkit.guard.shelf import Shelf
from fieldkit.runs.workplace import refuse_locked, signals_deferred
from fieldkit.state import durable
from fieldkit.state.snapshot import Signature, siblings, signature, sums
from fieldkit.state.stores import BROKEN, State

PATIENCE = 10.0  # seconds in which others may end what they do with the state


def without_readers(found: Signature) -> Signature:
    """A state's signature without what a reader of SQLite leaves or changes beside it."""
    return {
        name: one
        for name, one in found.items()
        if not name.endswith("-shm") and not (name.endswith("-wal") and not one[2])
    }


def merge_log(path: Path, kind: str) -> None:
    """Merge the log beside a database into its file; the data stays the same.

    Raises the engine's own error if it cannot be opened or another process has it open.
    """
    if kind == "duckdb":
        with duckdb.connect(str(path)) as con:
            con.execute("checkpoint")
        return
    with closing(sqlite3.connect(path, timeout=0.2)) as con:
        con.execute("pragma wal_checkpoint(truncate)")  # leaves an empty log, removed on close
        con.execute("select count(*) from sqlite_master").fetchall()  # rolls a torn write back


def content(path: Path, base: Signature) -> dict[str, str]:
    """Checksums of a state that is as its signature says, without what readers leave; else {}.

    They tell later whether only times have changed.
    """
    found = sums(path)
    if signature(path) != base:
        return {}
    return {name: found[name] for name in without_readers(base) if name in found}


class NotALog(CannotRun):
    """Beside a database lies what is not its log: waiting does not help."""


class Changed(Exception):
    """The state was changed since the run began; says so in words."""


def publish(
    shelf: Shelf,
    state: State,
    staged: Path,
    base: Signature,
    after: dict[str, Any],
    alerts: AlertQueue,
) -> None:
    """Rename the staged file over the state; then write `after`: as_of, past (history), alert.

    A reader sees the old state or the new one. After a kill it is one of them, and the next
    `finish` writes what is missing. Raises Changed if the state is no longer as `base`, CannotRun
    if others have it open.
    """
    # Flushed before the rename: else a power loss could leave the new name with no data in it.
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    _wait_until_unused(state, base)
    with signals_deferred():
        # The inode tells `finish` whether the rename happened: it moves with the file.
        durable.write(shelf.intent, json.dumps({**after, "inode": staged.stat().st_ino}))
        durable.swap(staged, state.path)
        put_in_place(f"{state.path} is the new state already")
        finish(shelf, alerts)


def _wait_until_unused(state: State, base: Signature) -> None:
    """Wait until nobody writes, and no log is beside the state that is to be replaced."""
    if without_readers(signature(state.path)) != without_readers(base):
        raise Changed(f"{state.path}: was written to by another process meanwhile")
    _retry(lambda: refuse_locked(state))
    # A log of the old file would be applied to the new one, which has the same name.
    if siblings(state.path)[1:]:
        _retry(lambda: _log_merged(state))


def _log_merged(state: State) -> None:
    try:
        merge_log(state.path, state.kind)
    except BROKEN as error:
        raise CannotRun(f"{state.path}: its log cannot be merged: {error}") from None
    if (beside := siblings(state.path)[1:]) and state.kind == "duckdb":
        # A DuckDB file that another process has open is locked, and was refused before.
        raise NotALog(
            f"{beside[0]}: is not a log that this database can read; "
            "move it away if nothing needs it"
        )
    if beside:
        raise CannotRun(f"{state.path}: another process has it open, as {beside[0].name} shows")


def _retry(work: Callable[[], None]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except NotALog:
            raise
        except CannotRun:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _swapped(shelf: Shelf, intent: dict[str, Any]) -> bool:
    return bool(shelf.state.stat().st_ino == intent.get("inode"))


def finish(shelf: Shelf, alerts: AlertQueue) -> bool:
    """Write the records of a swap, once, also after a kill; gives whether there was a swap.

    Without a swap its intent is dropped: the state is the old one.
    """
    intent = durable.read_json(shelf.intent)
    # A file with only the inode is not ours, or was edited: without its records it is dropped.
    done = {"as_of", "alert"} <= intent.keys() and _swapped(shelf, intent)
    if done:
        durable.write(shelf.as_of, json.dumps(intent["as_of"], indent=2) + "\n")
        # Each step can be repeated: a kill between them leads here again.
        if intent.get("past"):
            History.read(shelf.history).add(from_json(intent["past"]))
        alerts.recovered(intent["alert"])
    shelf.intent.unlink(missing_ok=True)
    return done


def mark_stale(shelf: Shelf, reasons: dict[str, Any]) -> dict[str, Any]:
    """Mark the published state as stale, with the time and the reason; as_of stays as it was."""
    now = durable.read_json(shelf.as_of)
    if "as_of" not in now:
        # Never published by a guard: the file's own time is the best that is known.
        written = time.gmtime(shelf.state.stat().st_mtime)
        now["as_of"] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", written)
    now |= {"stale_since": now.get("stale_since") or reasons["checked_at"], **reasons}
    durable.write(shelf.as_of, json.dumps(now, indent=2) + "\n")
    return now
