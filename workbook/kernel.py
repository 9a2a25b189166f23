"""An answer in another kernel, driven over Jupyter messages: judging from outside."""

from __future__ import annotations

import ast
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbook.answer import AnswerTimedOut, Failure, Outcome, Step
from workbook.errors import WorkbookError
from workbook.plain import Wire, memory_backed

MARGIN = 10.0  # seconds beyond the answer's own limits before the judge stops waiting
START = 120.0  # seconds for a kernel to start on a busy machine
_SERVE = "__import__('workbook.callee', fromlist=['serve']).serve({!r})"


class KernelAnswer:
    """Runs `cells` in a kernel of its own, then calls the exercise that they define.

    Databases are files in an exchange folder. A kernel that died is started again, with the
    cells, at the next call. Use as a context manager; raises WorkbookError if no kernel starts,
    AnswerTimedOut if a cell never ends. `failures`: what the cells raised, in order.
    """

    def __init__(
        self, exercise: str, cells: Sequence[str], limit: float, *, cwd: Path, text: str = ""
    ) -> None:
        self.text = text
        self.failures: list[Failure] = []
        self._exercise, self._cells, self._limit, self._cwd = exercise, list(cells), limit, cwd
        self._folder = Path(tempfile.mkdtemp(prefix="workbook-", dir=memory_backed()))
        self._wire = Wire(self._folder, judging=True)
        self._manager: Any = None
        self._client: Any = None
        self._places = 0

    def __enter__(self) -> KernelAnswer:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def process_id(self) -> int:
        """The process that holds the answer."""
        return int(self._manager.provisioner.pid)

    def load(self, cell: str) -> None:
        """Run one more cell, which takes the place of the last one: another answer."""
        self._cells[-1] = cell
        self._run(cell, self._limit * 3 + MARGIN)

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._ask("call", [("", "", data)])[0]

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments, in one message."""
        return self._ask("map", [("", "", data) for data in batch])

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; with `order`, players take turns at each effect in that order."""
        return self._ask("play", [(s.player, s.entry, s.data) for s in script], order)

    def place(self) -> str:
        """Return the path of a database file that does not exist yet."""
        self._places += 1
        return str(self._folder / f"warehouse_{self._places}.duckdb")

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        return tempfile.mkdtemp(dir=self._folder)

    def _ask(
        self, verb: str, steps: list[tuple[str, str, Mapping[str, Any]]], order: Sequence[str] = ()
    ) -> list[Outcome]:
        if not self._manager.is_alive():
            self._stop()
            self._start()
        request = {
            "verb": verb,
            "exercise": self._exercise,
            "limit": self._limit,
            "order": list(order),
            "folder": str(self._folder),
            "steps": [(p, e, self._wire.encode(dict(data))) for p, e, data in steps],
        }
        expression = _SERVE.format(json.dumps(request))
        reply = self._run("", self._limit * (len(steps) + 1) + MARGIN, reply=expression)
        if reply is None:
            return [Outcome(died=True)] * len(steps)
        return [self._outcome(item) for item in self._unpack(reply)]

    def _unpack(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        told = reply["user_expressions"]["reply"]
        if told["status"] != "ok":
            raise WorkbookError(f"the answer's kernel refused a call: {told.get('evalue')}")
        answer = json.loads(ast.literal_eval(told["data"]["text/plain"]))
        if answer.get("timed_out"):
            raise AnswerTimedOut
        return list(answer["outcomes"])

    def _outcome(self, item: dict[str, Any]) -> Outcome:
        failure = item["failure"]
        return Outcome(
            result=self._wire.decode(item["result"]),
            failure=Failure(**failure) if failure else None,
            evidence=self._wire.decode(item["evidence"]),
            printed=item["printed"],
            threads=tuple(item["threads"]),
        )

    def _start(self) -> None:
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(
            extra_arguments=["--log-level=ERROR"],
            cwd=str(self._cwd),
            env=os.environ | {"WORKBOOK_JUDGED": "1"},
            stdout=_nowhere(),
            stderr=_nowhere(),
        )
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=START)
        except RuntimeError as error:
            self._stop()
            raise WorkbookError(f"no kernel started within {START:.0f} s: {error}") from None
        self.failures = []
        for cell in self._cells:
            told = self._run(cell, self._limit * 3 + MARGIN)
            if told is None:
                break
            if told["status"] == "error":
                self.failures.append(Failure(told["ename"], told["evalue"]))

    def _stop(self) -> None:
        if self._client is not None:
            self._client.stop_channels()
        if self._manager is not None and self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)
            self._manager.cleanup_resources()

    def _run(self, code: str, seconds: float, **expressions: str) -> dict[str, Any] | None:
        """Execute in the kernel; None if it died. Raises AnswerTimedOut, the kernel then gone."""
        from queue import Empty

        sent = self._client.execute(
            code,
            store_history=False,
            user_expressions=expressions,
            stop_on_error=False,
            allow_stdin=False,
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                reply = self._client.get_shell_msg(timeout=0.5)
            except Empty:
                if not self._manager.is_alive():
                    return None
                continue
            if reply["parent_header"].get("msg_id") == sent:
                return dict(reply["content"])
        self._manager.shutdown_kernel(now=True)
        raise AnswerTimedOut


def _nowhere() -> int:
    from subprocess import DEVNULL

    return DEVNULL
