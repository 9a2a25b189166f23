"""Great Expectations with a context at hand, as a page has made one before its exercises.

`suite.add_expectation` and others ask for the process's active context. On the page it is there
because an earlier cell made it; a process for answers runs only the cells that these name.
Importing this module makes one, as soon as the package is there, unless there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

PACKAGE = "great_expectations"


def make_one() -> None:
    """Make a context in memory the active one, unless there is one. Imports the package."""
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import project_manager
    from great_expectations.exceptions.exceptions import DataContextRequiredError

    try:
        project_manager.get_current_project()
    except DataContextRequiredError:
        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}


class _AfterImport(MetaPathFinder):
    """Makes a context when the package has been imported, which takes seconds: not before."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != PACKAGE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def then_make_one(module: ModuleType) -> None:
                execute(module)
                make_one()

            spec.loader.exec_module = then_make_one  # type: ignore[method-assign]
        return spec


if PACKAGE in sys.modules:
    make_one()
else:
    sys.meta_path.insert(0, _AfterImport())
