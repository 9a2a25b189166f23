"""`fieldkit prove`: run again and killed anywhere, the same end state?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.prove.found import Proof
    from fieldkit.prove.run import Settings, prove

_HOMES = {
    "Proof": "found",
    "Settings": "run",
    "prove": "run",
}
__all__ = ["Proof", "Settings", "prove"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.prove` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
