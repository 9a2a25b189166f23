"""The wheel, alone in an empty environment: every instrument works with the base dependencies."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.environment.constraints import CONSTRAINTS, ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="uv puts tools elsewhere there")
# What the pages need and the instruments must not: each takes seconds and megabytes.
HEAVY = "pandas", "numpy", "matplotlib", "jupyterlab", "nbformat", "scipy", "pyarrow", "dbt"

HELPS = (
    "", "prove", "chaos", "guard", "guard init", "guard accept", "audit", "skills", "skills init",
    "skills render", "skills check", "skills linters", "govern", "govern scan", "govern gate",
    "govern access", "value", "value init", "value check", "value report",
)  # fmt: skip
ALL_HELPS = """
import sys
from fieldkit.cli import main
for words in {helps!r}:
    sys.argv = ["fieldkit", *words.split(), "--help"]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0, (words, ended.code)
"""
FILES = {
    "setup.py": """
import sqlite3
con = sqlite3.connect("shop.db")
con.execute("create table orders (id integer primary key, amount real, mail text)")
con.executemany("insert into orders values (?, ?, ?)",
                [(i, 5 + i % 90, f"p{i}@shop.test") for i in range(200)])
con.commit()
""",
    "load.py": """
import sqlite3, sys
con = sqlite3.connect(sys.argv[1])
with con:
    con.executemany("insert or replace into orders values (?, ?, ?)",
                    [(i, 5 + i % 90, f"p{i}@shop.test") for i in range(200, 220)])
""",
    "read.py": """
import pathlib, sys
source, state = map(pathlib.Path, sys.argv[1:])
texts = [path.read_text() for path in sorted(source.glob("*.csv"))]
(state / "all.csv").write_text("\\n".join(texts))
""",
    "landing/day.csv": "id,amount\n1,20.5\n2,21.5\n",
    "board/keep.txt": "a board\n",
    "model.sql": "select id, amount from orders\n",
    "roles.yml": """
classes: {orders.id: key, orders.amount: money, orders.mail: contact}
roles: {analyst: {rows: {orders: true}, show: {key: clear, money: clear, contact: redact}}}
""",
    "jobs.csv": """job_id,creation_time,user_email,referenced_tables,destination_table,cost_cents
j1,2026-01-01T06:00:00Z,svc-etl@shop.test,"[""raw.orders""]",mart.orders,22
j2,2026-01-01T07:00:00Z,fay@shop.test,"[""mart.orders""]",,1
""",
    "metrics.yml": """
metrics: [{name: carts, owner: sales@shop.test, unit: cents, per_month: 1284000}]
""",
    "map.yml": """
team: [data@shop.test]
currency: USD
capacity_days: 20
pipelines:
  - {pipeline: orders, table: mart.orders, kind: revenue, metric: carts, per_month: 1284000,
     owner: sales@shop.test, source: carts.xlsx}
""",
}
# One real command of each, its exit code, and a word that its report has.
TRIES = (
    ("prove --state shop.db --kills 1 --reruns 1 --html prove.html --json prove.json "
     "--runbook rerun.md -- {python} load.py {{state}}", 0, "PROVED"),
    ("chaos --files landing --state board --schedules 1 -- "
     "{python} read.py {{files}} {{state}}", 1, "run"),
    ("guard init --state shop.db", 0, ""),
    ("guard --state shop.db -- {python} load.py {{state}}", 0, "PUBLISHED"),
    ("audit model.sql --html audit.html --sarif audit.sarif", 0, "NO FINDINGS"),
    ("skills init", 0, "standards.yml"),
    ("skills render", 0, "SKILL.md"),
    ("skills check", 0, "0 problems"),
    ("govern scan shop.db --fail-on mail", 1, "mail"),
    ("govern gate shop.db --policy roles.yml", 0, "PASSED"),
    ("value init draft.yml --jobs jobs.csv", 1, "2 accounts to classify"),
    ("value check map.yml", 0, "HOLDS"),
    ("value report map.yml --html value.html", 0, ""),
)  # fmt: skip


def _ran(*command, cwd):
    # Nothing of this checkout may be found from there.
    own = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "VIRTUAL_ENV"))}
    own |= {"FIELDKIT_HOME": str(cwd / "own"), "NO_COLOR": "1"}
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=own, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """`uv tool install` of the wheel that this checkout builds, with its dependencies only."""
    made = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    [wheel] = made.glob("*.whl")
    places = {"UV_TOOL_DIR": str(made / "tools"), "UV_TOOL_BIN_DIR": str(made / "bin")}
    uv = [sys.executable, "-m", "uv", "tool", "install", "--python", sys.executable]
    put = subprocess.run(
        [*uv, "--constraints", str(CONSTRAINTS), str(wheel)],
        cwd=made, env=os.environ | places, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert put.returncode == 0, put.stderr[-2000:]
    [python] = (made / "tools").glob("*/bin/python")
    return SimpleNamespace(bin=made / "bin", python=python)


def test_nothing_heavy_comes_with_it_and_every_help_is_there(alone, tmp_path):
    code = f"import importlib.util as i; print([n for n in {HEAVY} if i.find_spec(n)])"
    assert _ran(alone.python, "-c", code, cwd=tmp_path).stdout.strip() == "[]"
    ran = _ran(alone.python, "-c", ALL_HELPS.format(helps=HELPS), cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("Usage: fieldkit") == len(HELPS)
    assert "Traceback" not in ran.stdout


def test_every_instrument_works_there(alone, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert _ran(alone.python, "setup.py", cwd=tmp_path).returncode == 0
    for line, code, word in TRIES:
        words = shlex.split(line.format(python=alone.python))
        ran = _ran(alone.bin / "fieldkit", *words, cwd=tmp_path)
        told = f"{line}\n{ran.stdout}\n{ran.stderr}"
        print(told)
        assert ran.returncode == code and word in ran.stdout, told
        assert "Traceback" not in ran.stderr, told
    assert "</html>" in (tmp_path / "prove.html").read_text()
    assert "Rerun strategy" in (tmp_path / "rerun.md").read_text()


@pytest.mark.parametrize("command", ["start", "run", "progress", "check", "open", "doctor"])
def test_the_workbook_says_that_it_needs_the_checkout(alone, tmp_path, command):
    ran = _ran(alone.bin / "workbook", command, cwd=tmp_path)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert len(ran.stderr.splitlines()) == 1 and "checkout" in ran.stderr, ran.stderr
