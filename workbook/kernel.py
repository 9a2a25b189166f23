"""What an answer cannot do to the kernel that judges it: end it, or fill its page."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn


@contextlib.contextmanager
def sheltered() -> Iterator[None]:
    """While an answer is judged on the page, `exit()` is an error, as in any other program."""
    with _shell_stays(), _loop_stays(), _programs_unheard():
        yield


@contextlib.contextmanager
def _shell_stays() -> Iterator[None]:
    """A notebook's own `exit` raises nothing: it asks the kernel to end after the cell."""
    shell: Any = None
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
    if shell is None:
        yield
        return
    shell.ask_exit = _left
    try:
        yield
    finally:
        del shell.ask_exit


def _left() -> NoReturn:
    raise SystemExit


@contextlib.contextmanager
def _loop_stays() -> Iterator[None]:
    """The loop that an answer finds running is the kernel's: without it no cell ever runs again."""
    try:
        loop: Any = asyncio.get_running_loop()
    except RuntimeError:
        yield
        return
    loop.stop = _stopped
    try:
        yield
    finally:
        del loop.stop


def _stopped() -> NoReturn:
    raise RuntimeError("this loop runs the notebook: use a loop of your own, in a thread")


@contextlib.contextmanager
def _programs_unheard() -> Iterator[None]:
    """What the programs print that an answer starts would stand on the page, however much it is."""
    kept = {}
    for number in (1, 2):
        with contextlib.suppress(OSError):  # closed by what ran before
            kept[number] = os.dup(number)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in kept:
            os.dup2(nothing, number)
        yield
    finally:
        os.close(nothing)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
