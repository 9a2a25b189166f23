"""Shared by the tests of the instruments: a place of their own for journals and copies."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from unittest import mock

import pytest

from fieldkit.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("fieldkit-home")
    monkeypatch.setenv("FIELDKIT_HOME", str(place))
    # Each proof looks for files that change in the working directory: here are none to look at.
    (place / "cwd").mkdir()
    monkeypatch.chdir(place / "cwd")
    yield place
    left = [one.name for one in (place / "prove").glob("*") if one.name != "lock"]
    assert not [name for name in left if not name.startswith("kept-")], "copies were left behind"


@pytest.fixture
def fieldkit(tmp_path):
    """Run the command line as a user does, in this process: a new one would import all of it again.

    `apart`: in a process of its own, where locks, variables of Python or a time limit matter.
    """

    def run(*arguments, timeout=0, cwd=tmp_path, apart=False, **env):
        words = [*map(str, arguments)]
        if apart or timeout or any(name.startswith("PYTHON") for name in env):
            code = "from fieldkit.cli import main; main()"
            return subprocess.run(
                [sys.executable, "-c", code, *words],
                capture_output=True, text=True, timeout=timeout or 120, cwd=cwd, check=False,
                env={**os.environ, **env},
            )  # fmt: skip
        return _here(words, cwd, env)

    return run


def _here(words, cwd, env):
    """The command line in this process; what it told and its exit code."""
    told = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    handlers = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    code = 0
    with (
        mock.patch.object(sys, "argv", ["fieldkit", *words]),
        mock.patch.dict(os.environ, env),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(told[0]),
        contextlib.redirect_stderr(told[1]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    texts = []
    for one in told:
        one.flush()
        texts.append(one.buffer.getvalue().decode("utf-8"))
    return subprocess.CompletedProcess(["fieldkit", *words], code, *texts)
