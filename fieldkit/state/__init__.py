"""A pipeline's state: its tables read, fingerprinted, compared, copied."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.state.fingerprints import Difference, Fingerprint, differences, fingerprint
    from fieldkit.state.stores import State, identify

_HOMES = {
    "Difference": "fingerprints",
    "Fingerprint": "fingerprints",
    "State": "stores",
    "differences": "fingerprints",
    "fingerprint": "fingerprints",
    "identify": "stores",
}
__all__ = ["Difference", "Fingerprint", "State", "differences", "fingerprint", "identify"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.state` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
