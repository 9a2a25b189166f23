"""`fieldkit audit`: SQL models against standards of cost and rows, before they ship."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldkit.audit.catalog import Catalog, Table
    from fieldkit.audit.found import Audit, Finding, Model
    from fieldkit.audit.meter import Cost, measured, metered
    from fieldkit.audit.run import Settings, audit

_HOMES = {
    "Audit": "found",
    "Catalog": "catalog",
    "Cost": "meter",
    "Finding": "found",
    "Model": "found",
    "Settings": "run",
    "Table": "catalog",
    "audit": "run",
    "measured": "meter",
    "metered": "meter",
}
__all__ = [
    "Audit",
    "Catalog",
    "Cost",
    "Finding",
    "Model",
    "Settings",
    "Table",
    "audit",
    "measured",
    "metered",
]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import fieldkit.audit` costs nothing until something of it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
