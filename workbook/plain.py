"""Plain data: what may cross the answer boundary, and its form as JSON."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from workbook import frames
from workbook.answer import Handle


class NotPlain(TypeError):
    """A value that is not plain data: numbers, text, dates, lists, dicts, frames."""


class Wire:
    """Encodes plain data to JSON values and back; frames and nothing else go through `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()
        self._sent: dict[int, tuple[Any, str]] = {}
        self._received: dict[str, Any] = {}

    def encode(self, value: Any) -> Any:  # noqa: PLR0911
        """Return a JSON value; raises NotPlain."""
        value = _builtin(value)
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind is list:
            return [self.encode(item) for item in value]
        if kind is dict:
            return {"$": "dict", "v": [[self.encode(k), self.encode(v)] for k, v in value.items()]}
        if kind in (tuple, set, frozenset):
            return {"$": kind.__name__, "v": [self.encode(item) for item in _ordered(value)]}
        if kind in _TO_TEXT:
            return {"$": kind.__name__, "v": _TO_TEXT[kind](value)}
        if _is_frame(value):
            return {"$": "frame", "v": self._send(value)}
        if is_dataclass(value) and isinstance(value, Handle):
            return self._encode_handle(value)
        raise NotPlain(f"a {kind.__module__}.{kind.__name__} is not plain data")

    def decode(self, value: Any) -> Any:
        """Return the value that `encode` was given."""
        if type(value) is list:
            return [self.decode(item) for item in value]
        if type(value) is not dict:
            return value
        kind, inner = value["$"], value["v"]
        if kind == "dict":
            return {self.decode(k): self.decode(v) for k, v in inner}
        if kind == "frame":
            return self._receive(inner)
        if kind == "handle":
            module, _, name = inner.partition(":")
            given = {k: self.decode(v) for k, v in value["with"].items()}
            return getattr(importlib.import_module(module), name)(**given)
        return _FROM_JSON[kind](self.decode(inner))

    def _encode_handle(self, handle: Any) -> dict[str, Any]:
        kind = type(handle)
        given = {f.name: self.encode(getattr(handle, f.name)) for f in fields(handle) if f.init}
        return {"$": "handle", "v": f"{kind.__module__}:{kind.__qualname__}", "with": given}

    def _send(self, frame: Any) -> str:
        """Write the frame once, however often it is sent."""
        if id(frame) not in self._sent:
            name = f"frame-{id(self)}-{next(self._numbers)}.parquet"
            frames.write(frame, self.folder / name)
            self._sent[id(frame)] = (frame, name)
        return self._sent[id(frame)][1]

    def _receive(self, name: str) -> Any:
        if name not in self._received:
            self._received[name] = frames.read(self.folder / Path(name).name)
        return self._received[name].copy()


def copied(value: Any) -> Any:
    """Return data that the callee may change unnoticed; handles stay themselves."""
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return value.copy() if _is_frame(value) else value


def _builtin(value: Any) -> Any:
    """Strip subclasses and numpy or pandas scalars down to the built-in value."""
    kind = type(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if kind.__module__.startswith("pandas"):
        return _from_pandas(value)
    if kind in _BASES or kind is bool:
        return value
    return next((strip(value) for base, strip in _BASES.items() if isinstance(value, base)), value)


def _from_pandas(value: Any) -> Any:
    name = type(value).__name__
    if name in ("NaTType", "NAType"):
        return None
    if name in ("Timestamp", "Timedelta"):
        return value.to_pydatetime() if name == "Timestamp" else value.to_pytimedelta()
    return value.tolist() if name == "Series" else value


def _is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas")


def _ordered(value: Any) -> Any:
    return value if type(value) is tuple else sorted(value, key=repr)


_BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__index__,
    float: float.__float__,
    str: str.__str__,
    dt.datetime: lambda v: dt.datetime.fromisoformat(dt.datetime.isoformat(v)),
    dt.date: lambda v: dt.date.fromordinal(dt.date.toordinal(v)),
    Decimal: lambda v: Decimal(Decimal.__str__(v)),
}
_TO_TEXT: dict[type, Callable[[Any], Any]] = {
    dt.datetime: dt.datetime.isoformat,
    dt.date: dt.date.isoformat,
    dt.timedelta: dt.timedelta.total_seconds,
    Decimal: str,
    bytes: bytes.hex,
}
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "timedelta": lambda seconds: dt.timedelta(seconds=seconds),
    "Decimal": Decimal,
    "bytes": bytes.fromhex,
}
