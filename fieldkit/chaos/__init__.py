"""`fieldkit chaos`: a failing source, and what the command makes of it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.chaos.found import Trials
    from fieldkit.chaos.run import Settings, chaos
    from fieldkit.chaos.serve import serve

_HOMES = {
    "Settings": "run",
    "Trials": "found",
    "chaos": "run",
    "serve": "serve",
}
__all__ = ["Settings", "Trials", "chaos", "serve"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.chaos` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
