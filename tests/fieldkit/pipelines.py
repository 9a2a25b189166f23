"""Planted pipelines: each a script with one known quality, and a state to start from."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path
from textwrap import dedent

import duckdb

SQLITE = """
import sqlite3, sys, time
con = sqlite3.connect(sys.argv[1], isolation_level=None)
rows = [(day * 100 + i, day, i * 1.5) for day in (1, 2) for i in range(20)]
def pause(): time.sleep(0.06)
"""
DUCKDB = """
import duckdb, sys, time
con = duckdb.connect(sys.argv[1])
def pause(): time.sleep(0.06)
def done(day): return con.execute("select 1 from load_state where day = ?", [day]).fetchone()
BATCH = "select ? * 100 + i, ?, i * 1.5 from range(20) r(i)"
"""
FOLDER = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
def pause(): time.sleep(0.06)
def lines(day): return [f"{day * 100 + i},{i * 1.5}\\n" for i in range(20)]
"""

APPEND = "con.executemany('insert into orders values (?, ?, ?)', rows)"
TRANSACTION_APPEND = "con.execute('begin')\n" + APPEND + "\ncon.execute('commit')"
CHECKPOINT_FIRST = """
for day in (1, 2):
    if not done(day):
        con.execute("insert into load_state values (?)", [day])
        pause()
        con.execute("insert into orders " + BATCH, [day, day])
"""
CHECKPOINT_AFTER = """
for day in (1, 2):
    if not done(day):
        con.execute("insert into orders " + BATCH, [day, day])
        pause()
        con.execute("insert into load_state values (?)", [day])
"""
MOVE = """
waiting = con.execute("select * from staging").fetchall()
con.execute("delete from staging")
pause()
con.executemany("insert into orders values (?, ?, ?)", waiting)
"""
SWAP = """
con.execute("create table fresh as select * from orders where day <> 1")
con.executemany("insert into fresh values (?, ?, ?)", rows)
con.execute("delete from fresh where rowid not in (select min(rowid) from fresh group by id)")
pause()
con.execute("alter table orders rename to old")
pause()
con.execute("alter table fresh rename to orders")
con.execute("drop table old")
"""
IN_PLACE = """
for day in (1, 2):
    file = folder / "orders" / f"day={day}" / "part.csv"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as out:
            out.write("id,amount\\n" + "".join(lines(day)[:10]))
            out.flush()
            pause()
            out.write("".join(lines(day)[10:]))
"""
RENAMED = """
for day in (1, 2):
    file = folder / "orders" / f"day={day}" / "part.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text("id,amount\\n" + "".join(lines(day)))
    pause()
    os.replace(part, file)
"""
UUID = """
import uuid
con.execute("begin")
con.execute("delete from keyed")
con.executemany("insert into keyed values (?, ?)", [(str(uuid.uuid4()), r[2]) for r in rows])
con.execute("commit")
"""
NOW = """
con.execute("begin")
con.execute("delete from orders where day > 0")
con.executemany("insert into orders values (?, ?, ?)", [(r[0], r[1], time.time()) for r in rows])
con.execute("commit")
"""
MERGE = """
con.execute("begin")
con.executemany("insert into keyed values (?, ?) on conflict (id) do update set "
    "amount = excluded.amount", [(str(r[0]), r[2]) for r in rows])
con.execute("commit")
"""
CHECKPOINT_WITH = """
for day in (1, 2):
    if not done(day):
        con.execute("begin")
        con.execute("delete from orders where day = ?", [day])
        con.execute("insert into orders " + BATCH, [day, day])
        pause()
        con.execute("insert into load_state values (?)", [day])
        con.execute("commit")
"""

#          name: (kind of state, script, verdict, kind of difference)
PLANTED = {
    "append": ("sqlite", APPEND, "REFUTED", "duplicated"),
    "transaction-append": ("sqlite", TRANSACTION_APPEND, "REFUTED", "duplicated"),
    "checkpoint-first": ("duckdb", CHECKPOINT_FIRST, "REFUTED", "lost"),
    "checkpoint-after": ("duckdb", CHECKPOINT_AFTER, "REFUTED", "duplicated"),
    "move-without-transaction": ("sqlite", MOVE, "REFUTED", "lost"),
    "swap-whose-rerun-fails": ("sqlite", SWAP, "REFUTED", "failure"),
    "file-in-place": ("folder", IN_PLACE, "REFUTED", "lost"),
    "uuid-key": ("sqlite", UUID, "NOT REPEATABLE", "unexpected"),
    "now-measure": ("sqlite", NOW, "NOT REPEATABLE", "changed"),
    "merge": ("sqlite", MERGE, "PROVED", ""),
    "checkpoint-with-data": ("duckdb", CHECKPOINT_WITH, "PROVED", ""),
    "file-renamed": ("folder", RENAMED, "PROVED", ""),
}
HEADS = {"sqlite": SQLITE, "duckdb": DUCKDB, "folder": FOLDER}
TABLES = (
    "create table orders (id integer, day integer, amount double precision)",
    "create table staging (id integer, day integer, amount double precision)",
    "create table keyed (id varchar primary key, amount double precision)",
    "create table load_state (day integer)",
    "insert into orders values (1, 0, 1.5), (2, 0, 2.5)",
    "insert into staging values (10, 1, 1.5), (11, 1, 2.5)",
    "insert into keyed values ('1', 0.5)",
    "insert into load_state values (0)",
)


def state(kind: str, folder: Path) -> Path:
    """A state before a load."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / {"duckdb": "w.duckdb", "sqlite": "w.sqlite", "folder": "lake"}[kind]
    if kind == "folder":
        (path / "orders" / "day=0").mkdir(parents=True)
        (path / "orders" / "day=0" / "part.csv").write_text("id,amount\n1,1.5\n")
        (path / "notes.txt").write_text("kept as it is\n")
        return path
    con = duckdb.connect(str(path)) if kind == "duckdb" else sqlite3.connect(path)
    for statement in TABLES:
        con.execute(statement)
    if kind == "sqlite":
        con.commit()
    con.close()
    return path


def command(kind: str, script: str, folder: Path) -> list[str]:
    """The command line of a pipeline, its script written into a folder."""
    file = folder / "pipeline.py"
    file.write_text(HEADS.get(kind, "") + dedent(script))
    light = [] if kind == "duckdb" else ["-I", "-S"]  # starts in a fifth of the time
    return [sys.executable, *light, str(file), "{state}"]


def content(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything of a state that must be as before: mode, time and bytes."""
    tops = [path] if path.is_dir() else sorted(path.parent.glob(path.name + "*"))
    files = [*tops, *(one for top in tops for one in sorted(top.rglob("*")))]
    return {
        os.path.relpath(one, path.parent): (
            one.stat().st_mode, one.stat().st_mtime_ns, b"" if one.is_dir() else one.read_bytes()
        )
        for one in files
    }  # fmt: skip
