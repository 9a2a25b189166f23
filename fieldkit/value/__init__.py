"""`fieldkit value`: who uses what, what it costs, and whether every stated number holds."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.value.allocate import Allocation, split
    from fieldkit.value.choose import Choice, Initiative, refused, worth
    from fieldkit.value.lineage import rings
    from fieldkit.value.use import Account, Facts, Reading, Use, decide, facts_of, unused

_HOMES = {
    "Account": "use",
    "Allocation": "allocate",
    "Choice": "choose",
    "Facts": "use",
    "Initiative": "choose",
    "Reading": "use",
    "Use": "use",
    "decide": "use",
    "facts_of": "use",
    "refused": "choose",
    "rings": "lineage",
    "split": "allocate",
    "unused": "use",
    "worth": "choose",
}
__all__ = [
    "Account",
    "Allocation",
    "Choice",
    "Facts",
    "Initiative",
    "Reading",
    "Use",
    "decide",
    "facts_of",
    "refused",
    "rings",
    "split",
    "unused",
    "worth",
]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.value` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
