"""A nightly load for the guard's tests, real as a process: it never fails, whatever it loads."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import sys
from pathlib import Path

import yaml

from fieldkit.guard import policy
from fieldkit.guard.run import Settings, guard

FIRST = dt.datetime(2026, 6, 1, 2, tzinfo=dt.UTC)  # a Monday, at two in the morning
SCRIPT = r"""
import datetime as dt, os, random, sqlite3, sys, time
state, day, fault = sys.argv[1], int(sys.argv[2]), sys.argv[3]
con = sqlite3.connect(state)
con.execute("create table if not exists orders (order_id integer, amount real, method text, "
            "email text, loaded_at text)")
chance, at = random.Random(day), dt.datetime(2026, 6, 1, 2) + dt.timedelta(days=day)
weekend = at.weekday() >= 5
expected = 160 * (0.6 if weekend else 1) * 1.003 ** day
count = int(expected * chance.lognormvariate(0, 0.05))
scale = {"sale": 4, "holiday": 0.1, "growth": 1.06}.get(fault, 1)
rows = [[day * 10000 + n, round(chance.lognormvariate(3, 0.5), 2),
         chance.choices(["card", "invoice", "wallet"], [6, 3, 1])[0],
         None if chance.random() < 0.03 else "somebody@northlight.example",
         (at - dt.timedelta(minutes=chance.uniform(5, 60))).isoformat(" ", "seconds")]
        for n in range(int(count * scale))]
if fault == "sale": rows = [[i, a * 0.75, *rest] for i, a, *rest in rows]
if fault == "cents": rows = [[i, a * 100, *rest] for i, a, *rest in rows]
if fault == "some cents": rows = [[i, a * 100 if i % 10 == 0 else a, *r] for i, a, *r in rows]
if fault == "half feed": rows = rows[: len(rows) // 2]
if fault == "doubled feed": rows += [[i + 5000, *rest] for i, *rest in rows]
if fault == "same rows twice": rows += rows
if fault == "nulls": rows = [[i, a, m, None if i % 3 else e, at] for i, a, m, e, at in rows]
if fault == "null key": rows[3][0] = None
if fault == "null keys": rows = [[None if i % 4 else i, *rest] for i, *rest in rows]
if fault == "negative": rows = [[i, -a if i % 25 == 0 else a, *rest] for i, a, *rest in rows]
if fault == "zeros": rows = [[i, 0 if i % 8 == 0 else a, *rest] for i, a, *rest in rows]
if fault == "text": rows = [[i, f"{a} USD", *rest] for i, a, *rest in rows]
if fault == "one method": rows = [[i, a, "unknown", *rest] for i, a, _, *rest in rows]
if fault == "many methods": rows = [[i, a, f"{m} {i}", *r] for i, a, m, *r in rows]
if fault == "new category": rows = [[i, a, m if i % 33 else "gift", *r] for i, a, m, *r in rows]
if fault == "stale": rows = []
if fault == "old rows": rows = [[i, a, m, e, "2026-06-01 01:30:00"] for i, a, m, e, _ in rows]
if fault == "future": rows[5][4] = "2126-01-01 00:00:00"
if fault == "no date": rows[5][4] = "tomorrow"
with con:
    if fault == "empty": con.execute("delete from orders"); rows = []
    if fault == "lost": con.execute("delete from orders where order_id % 2")
    con.executemany("insert into orders values (?, ?, ?, ?, ?)", rows)
    if fault == "renamed": con.execute("alter table orders rename column amount to total")
    if fault == "new column": con.execute("alter table orders add column channel text")
    if fault == "gone": con.execute("drop table orders"); con.execute("create table other (a)")
    if fault == "retyped":
        con.execute("create table o as select order_id, cast(amount as text) as amount, method, "
                    "email, loaded_at from orders")
        con.execute("drop table orders"); con.execute("alter table o rename to orders")
if fault == "torn": con.execute("pragma journal_mode = wal"); con.execute("delete from orders"); \
    con.commit(); os.kill(os.getpid(), 9)
if fault == "fails": print("no such host", file=sys.stderr); sys.exit(3)
if fault == "hangs": time.sleep(600)
if fault == "garbage": con.close(); open(state, "r+b").write(b"SQLite format 3\0" + b"\xff" * 5000)
"""
POLICY = {
    "alerts": [{"file": "alerts.jsonl"}],
    "tables": {
        "orders": {
            "key": "order_id",
            "fresh": "loaded_at",
            "rules": {"amount": ">= 0", "order_id": "not null"},
        }
    },
}


class Nightly:
    """A folder with the load, its state, and a policy; `night` is one guarded run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "shop.db"
        self.policy = folder / "policy.yml"

    @classmethod
    def begin(cls, folder: Path) -> Nightly:
        """A state with one day in it."""
        made = cls(folder)
        (folder / "load.py").write_text(SCRIPT)
        made.policy.write_text(yaml.safe_dump(POLICY))
        made.state.touch()
        sqlite3.connect(made.state).executescript("create table t (a); drop table t; vacuum;")
        return made

    def copy(self, folder: Path) -> Nightly:
        """The same in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Nightly(folder)

    def at(self, day: int) -> dt.datetime:
        return FIRST + dt.timedelta(days=day)

    def command(self, day: int, fault: str = "none") -> list[str]:
        """The load of a day."""
        script = str(self.folder / "load.py")
        return [sys.executable, "-I", "-S", script, "{state}", str(day), fault]

    def night(self, day: int, fault: str = "none", **settings: float):
        """One guarded run."""
        found = policy.read(self.policy)
        options = Settings(**{"timeout": 30.0, "at": self.at(day), **settings})
        return guard(self.command(day, fault), self.state, found, options)

    def rows(self) -> int:
        """Rows that are published."""
        with sqlite3.connect(f"file:{self.state}?mode=ro", uri=True) as con:
            return con.execute("select count(*) from orders").fetchone()[0]

    def alerts(self) -> list[dict]:
        """Alerts that arrived in the file."""
        import json

        path = self.folder / "alerts.jsonl"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines()]
