"""`fieldkit guard`: publish only what is like past runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.guard.found import GuardedRun
    from fieldkit.guard.run import Settings, guard

_HOMES = {
    "GuardedRun": "found",
    "Settings": "run",
    "guard": "run",
}
__all__ = ["GuardedRun", "Settings", "guard"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.guard` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
