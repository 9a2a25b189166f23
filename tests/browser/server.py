"""JupyterLab as a learner starts it: `start.py lab` with a work folder that is not there yet."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil

from tests.environment.constraints import ROOT

THEMES = ".jupyter/settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
PATIENCE = 120  # seconds, for a machine that has other things to do


class Server:
    """A running `start.py lab`; `url` is the address that it prints, token included."""

    def __init__(self, home: Path, theme: str) -> None:
        self.home, self._log = home, home.parent / "server.log"
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        self._env["WORKBOOK_HOME"] = str(home)
        settings = home / THEMES
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"theme": theme}), encoding="utf-8")
        words = [
            "start.py",
            "lab",
            "--no-browser",
            "--port",
            "0",
            *["--allow-root"] * (os.geteuid() == 0),
        ]
        with self._log.open("w") as log:
            self._child = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self._env, stdout=log,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                # Who started the tests may have told everything below it not to listen.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )  # fmt: skip
        self.url = self._address()

    def _address(self) -> str:
        for _ in range(PATIENCE * 10):
            told = self._log.read_text(encoding="utf-8", errors="replace")
            if address := re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", told):
                return address[0]
            assert self._child.poll() is None, told
            time.sleep(0.1)
        self.end()
        raise AssertionError(f"JupyterLab did not say where it is: {told}")

    @property
    def processes(self) -> list[psutil.Process]:
        """start.py, JupyterLab, the kernels and whatever these have started."""
        if self._child.poll() is not None:
            return []
        whole = psutil.Process(self._child.pid)
        return [whole, *whole.children(recursive=True)]

    def end(self) -> list[psutil.Process]:
        """Ctrl-C in its terminal; returns the processes that are left."""
        below = self.processes
        if below:
            os.killpg(self._child.pid, signal.SIGINT)
            self._ended()  # by its own parent: who else waits for it never learns its exit code
        _, left = psutil.wait_procs(below, timeout=PATIENCE)
        for process in left:
            process.kill()
        self._child.wait()
        return left

    def _ended(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(PATIENCE)

    @property
    def code(self) -> int | None:
        """The exit code of start.py; None as long as it runs."""
        return self._child.poll()

    def workbook(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The learner's command line, in a second terminal."""
        code = "from workbook.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *words], cwd=self.home, env=self._env, text=True,
            capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
