"""Shared by the tests of the instruments: a place of their own for journals and copies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("fieldkit-home")
    monkeypatch.setenv("FIELDKIT_HOME", str(place))
    yield place
    left = [one.name for one in (place / "prove").glob("*") if one.name != "lock"]
    assert not [name for name in left if not name.startswith("kept-")], "copies were left behind"


@pytest.fixture
def fieldkit(tmp_path):
    """Run the command line as a user does."""

    def run(*arguments, timeout=120, cwd=tmp_path, **env):
        code = "from fieldkit.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False,
            env={**os.environ, **env},
        )  # fmt: skip

    return run
