"""A learner's workspace, a repository with a pipeline, and the two command lines."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from tests.typed import typing_in

SETUP = """
    import duckdb
    con = duckdb.connect("warehouse.duckdb")
    con.execute("create table orders (order_id bigint primary key, customer_email text,"
                " amount double)")
    con.execute("insert into orders select i, 'user' || i || '@northlight.example',"
                " 5 + i from range(40) r(i)")
"""
LOAD = """
    import sys
    import duckdb
    con = duckdb.connect(sys.argv[1])
    con.execute("begin")
    con.execute("insert or replace into orders select i, 'user' || i || '@northlight.example',"
                " 5 + i from range(30, 60) r(i)")
    con.execute("commit")
"""
MODEL = "select order_id, amount from shop.orders\n"


def _command(name):
    code = f"from {name}.cli import main; main()"

    def run(*arguments, cwd, **env):
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True, text=True, timeout=120, cwd=cwd, check=False,
            env={**os.environ, **env},
        )  # fmt: skip

    return run


@pytest.fixture(autouse=True)
def _journal(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("FIELDKIT_HOME", str(tmp_path_factory.mktemp("fieldkit-home")))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace that was just started."""
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "work"))
    assert _command("workbook")("start", "--learner", "Ada", cwd=tmp_path).returncode == 0
    return tmp_path / "work"


@pytest.fixture
def workbook(tmp_path):
    """Run `workbook` as a user does."""
    command = _command("workbook")
    return lambda *arguments, cwd=tmp_path, **env: command(*arguments, cwd=cwd, **env)


@pytest.fixture
def fieldkit(tmp_path):
    """Run `fieldkit` as a user does."""
    command = _command("fieldkit")
    return lambda *arguments, cwd=tmp_path, **env: command(*arguments, cwd=cwd, **env)


@pytest.fixture
def repository(tmp_path):
    """A repository with a small pipeline, and what it takes to type `fieldkit` and `python`."""
    folder = tmp_path / "our warehouse"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "fct_orders.sql").write_text(MODEL)
    (folder / "setup.py").write_text(textwrap.dedent(SETUP))
    (folder / "load.py").write_text(textwrap.dedent(LOAD))
    return folder


@pytest.fixture
def typed(tmp_path, repository):
    """Run a shell command in the repository, with `python` and `fieldkit` on its PATH."""
    env = typing_in(tmp_path / "bin")

    def run(line):
        return subprocess.run(
            ["sh", "-c", line], cwd=repository, env=env, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    return run
