"""Commands that other packages of the checkout add to `workbook`: found by their file, by no name.

A package beside `workbook`, or a folder in `labs/`, that has a `commands.py` with a list `COMMANDS`
of functions adds each of them under its own name, a dash for each underscore. Such a module imports
little: it is read whenever help is asked for, or a command that is not the engine's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

import typer

from workbook import catalog
from workbook.errors import WorkbookError

FILE = "commands.py"


def add(app: typer.Typer) -> None:
    """Add the commands of all other packages to `app`, once; none, outside of a checkout."""
    known = {command.name for command in app.registered_commands}
    for function in _functions():
        name = function.__name__.strip("_").replace("_", "-")
        if name not in known:
            app.command(name=name)(function)


def named(name: str) -> Callable[..., object]:
    """The function of another package's command; raises WorkbookError where none offers it."""
    for function in _functions():
        if function.__name__ == name:
            return function
    raise WorkbookError(f"no package of this checkout offers `workbook {name}`")


def _functions() -> Iterator[Callable[..., object]]:
    try:
        root = catalog.root()
    except WorkbookError:
        return
    for path in sorted([*root.glob(f"*/{FILE}"), *root.glob(f"labs/*/{FILE}")]):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        yield from importlib.import_module(name).COMMANDS
