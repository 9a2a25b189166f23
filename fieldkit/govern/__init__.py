"""`fieldkit govern`: find personal data, gate a policy, and ask an application as each persona."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.govern.policy import Policy, View

_HOMES = {
    "Policy": "policy",
    "View": "policy",
}
__all__ = ["Policy", "View"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.govern` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
