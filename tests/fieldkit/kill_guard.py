"""Kills a guard right before each thing that it does to a file, and lets the next one follow.

Run it: python -m tests.fieldkit.kill_guard [held] [--every 1]; a line of JSON says what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.fieldkit.nightly import Nightly

EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.utime"}
DAY, SEEN = 4, "seen"


def kill_points(shop: Nightly, fault: str, kill_at: int) -> int:
    """Run a night in a child that kills itself before its event number `kill_at`; 0: not at all.

    Gives how many events there were. What counts is what changes the folder of the state.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        count, folder, alive = 0, str(shop.folder), True

        def heard(event: str, arguments: tuple) -> None:
            nonlocal count
            if not alive or not (event in EVENTS or _writes(event, arguments)):
                return
            if any(folder in str(one) for one in arguments[:2]):
                count += 1
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(heard)
        shop.night(DAY, fault)
        alive = False
        os.write(write, str(count).encode())
        os._exit(0)
    os.close(write)
    told = os.read(read, 100)
    os.close(read)
    os.waitpid(child, 0)
    return int(told or 0)


def _writes(event: str, arguments: tuple) -> bool:
    return event == "open" and isinstance(arguments[1], str) and arguments[1] not in ("r", "rb")


def attempt(made: Nightly, folder: Path, fault: str, kill_at: int) -> dict:
    """Kill a night, look at what is left, and run the next one; says what is wrong, or nothing."""
    shop = made.copy(folder)
    before, was = rows(shop), as_of(shop)
    kill_points(shop, fault, kill_at)
    left, now = rows(shop), as_of(shop)
    wrong = []
    if fault == "none" and left not in (before, before + made.new):
        wrong.append(f"{left} rows are neither old nor new")
    if fault != "none" and left != before:
        wrong.append("what was to be held back is published")
    if left == before and now["as_of"] != was["as_of"]:
        wrong.append("as_of is newer than what is published")
    again = shop.night(DAY if left == before else DAY + 1)
    if again.verdict != "PUBLISHED" or rows(shop) <= before:
        wrong.append(f"the next night is not published: {again.failed}")
    if as_of(shop)["run"] != again.run:
        wrong.append("as_of is not that of the next night")
    runs = [json.loads(line.partition(" ")[2])["run"] for line in history(shop)]
    if len(runs) != DAY + 1 + (left != before) or len(set(runs)) != len(runs):
        wrong.append(f"{len(runs)} runs are in the history")
    if fault != "none" and [one["event"] for one in shop.alerts()][-1:] == ["held back"]:
        wrong.append("an incident without an end")
    if any(shop.state.with_name("shop.db.guard").glob("run-*")):
        wrong.append("a copy is left")
    return {"kill": kill_at, "new": left != before, "wrong": wrong}


def rows(shop: Nightly) -> int:
    """Rows of a state that must be whole."""
    with sqlite3.connect(f"file:{shop.state}?mode=ro", uri=True) as con:
        assert con.execute("pragma integrity_check").fetchone() == ("ok",)
        return con.execute("select count(*) from orders").fetchone()[0]


def as_of(shop: Nightly) -> dict:
    return json.loads(shop.state.with_name("shop.db.as_of.json").read_text())


def history(shop: Nightly) -> list[str]:
    return (shop.state.with_name("shop.db.guard") / "history.jsonl").read_text().splitlines()


def sweep(fault: str, every: int, tell: Callable[[str], None]) -> None:
    """All kill points of a night (each `every`th)."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "made").mkdir()
        made = Nightly.begin(Path(folder) / "made")
        for day in range(DAY):
            made.night(day)
        whole = made.copy(Path(folder) / "whole")
        total = kill_points(whole, fault, 0)
        made.new = rows(whole) - rows(made)
        found = [
            attempt(made, Path(folder) / str(kill), fault, kill)
            for kill in range(1, total + 1, every)
        ]
    wrong = [one for one in found if one["wrong"]]
    new = sum(one["new"] for one in found)
    tell(json.dumps({"points": total, "kills": len(found), "new": new, "wrong": wrong}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fault", nargs="?", default="none")
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    sweep(given.fault, given.every, print)
