"""Imports heavy packages in the background, while the learner reads the first cells."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Sequence


def preload(modules: Sequence[str]) -> threading.Thread:
    """Import in a background thread; code that needs a module sooner waits for the rest of it.

    A module that cannot be imported is left to the cell that needs it: there it can be told.
    """

    def run() -> None:
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)

    # Not a daemon: a process that ends in the middle of a C extension's import can crash.
    thread = threading.Thread(target=run, name="preload")
    thread.start()
    return thread
