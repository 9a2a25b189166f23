"""Plain data: what may cross the answer boundary, and its form as JSON."""

from __future__ import annotations

import datetime as dt
import importlib
import math
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, MappingView
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from workbook import frames
from workbook.answer import Handle

SHARED = Path("/dev/shm")
ROOM = 48 * 2**20  # bytes free, below which work lies on the disk: containers begin with 64 MB
FRAME = 128 * 2**20  # bytes of a frame that a judge reads
ROWS = 5_000_000  # rows of one
DIGITS = 10_000  # bits of a whole number; Python itself prints no more than 4,300 digits


class NotPlain(TypeError):
    """A value that is not plain data: numbers, text, dates, lists, dicts, frames."""


def _refused(kind: type) -> str:
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    listed = issubclass(kind, Iterator | MappingView)  # what is read once, or follows its dict
    return f"a {name} is not plain data" + ("; write list(…) around it" if listed else "")


class Wire:
    """Encodes plain data to JSON values and back; frames and nothing else go through `folder`.

    Handles go one way only: from the side that is `judging` to the answer's side.
    """

    def __init__(self, folder: Path, *, judging: bool = False) -> None:
        self.folder = folder
        self._judging = judging
        self._numbers = count()
        self._sent: dict[int, tuple[Any, str]] = {}
        self._received: dict[str, Any] = {}

    def encode(self, value: Any) -> Any:
        """Return a JSON value; raises NotPlain."""
        try:
            return self._encode(value)
        except RecursionError:
            raise NotPlain("it holds itself, or is nested too deeply") from None

    def _encode(self, value: Any) -> Any:  # noqa: PLR0911
        value = _builtin(value)
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind in (int, float, str):
            return _scalar(value)
        if kind is list:
            return [self._encode(item) for item in value]
        if kind is dict:
            pairs = [[self._encode(k), self._encode(v)] for k, v in value.items()]
            return {"$": "dict", "v": pairs}
        if kind in (tuple, set, frozenset):
            items = [self._encode(item) for item in value]
            return {"$": kind.__name__, "v": items if kind is tuple else sorted(items, key=repr)}
        if kind in _TO_TEXT:
            return {"$": kind.__name__, "v": _TO_TEXT[kind](value)}
        if _is_frame(value):
            return {"$": "frame", "v": self._send(value)}
        if self._judging and is_dataclass(value) and isinstance(value, Handle):
            return self._encode_handle(value)
        raise NotPlain(_refused(kind))

    def decode(self, value: Any) -> Any:
        """Return the value that `encode` was given; raises NotPlain for what no `encode` made.

        A judge gets no handle.
        """
        try:
            return self._decode(value)
        except NotPlain:
            raise
        except Exception as error:  # it is data of a process that is not ours
            raise NotPlain(f"{type(error).__name__} while it was read") from None

    def _decode(self, value: Any) -> Any:
        if type(value) is list:
            return [self._decode(item) for item in value]
        if type(value) is not dict:
            return value
        kind, inner = value["$"], value["v"]
        if kind == "dict":
            return {self._decode(k): self._decode(v) for k, v in inner}
        if kind == "frame":
            return self._receive(inner)
        if kind == "handle":
            if self._judging:
                raise NotPlain("an answer cannot send a handle")
            module, _, name = inner.partition(":")
            given = {k: self._decode(v) for k, v in value["with"].items()}
            return getattr(importlib.import_module(module), name)(**given)
        return _FROM_JSON[kind](self._decode(inner))

    def _encode_handle(self, handle: Any) -> dict[str, Any]:
        kind = type(handle)
        given = {f.name: self._encode(getattr(handle, f.name)) for f in fields(handle) if f.init}
        return {"$": "handle", "v": f"{kind.__module__}:{kind.__qualname__}", "with": given}

    def _send(self, frame: Any) -> str:
        """Write the frame; a judge's once, however often it is sent, an answer's as it is now."""
        if id(frame) in self._sent:
            return self._sent[id(frame)][1]
        kind, write = ("pickle", frames.keep) if self._judging else ("parquet", frames.write)
        name = f"frame-{id(self)}-{next(self._numbers)}.{kind}" if len(frame.columns) else ""
        try:
            if name:
                write(frame, self.folder / name)
        except Exception as error:
            raise NotPlain(f"a frame that cannot be written as {kind}: {error}") from None
        if self._judging:
            self._sent[id(frame)] = (frame, name)
        return name

    def _receive(self, name: str) -> Any:
        if not name:
            return frames.empty()
        if name not in self._received:
            self._received[name] = self._read(self.folder / Path(name).name)
        return self._received[name].copy()

    def _read(self, path: Path) -> Any:
        """A frame; a judge reads a copy of the file, which nobody else can change meanwhile."""
        if not self._judging:
            return frames.kept(path) if path.suffix == ".pickle" else frames.read(path)
        with tempfile.TemporaryDirectory(dir=memory_backed()) as own:
            copy = Path(own, path.name)
            copy.write_bytes(regular(path))
            path.unlink(missing_ok=True)
            return frames.read(copy, most=ROWS)


def copied(value: Any) -> Any:
    """Return data that the callee may change unnoticed; handles stay themselves."""
    if type(value) in (list, tuple, set):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return value.copy() if _is_frame(value) else value


def _builtin(value: Any) -> Any:
    """Strip subclasses and numpy or pandas scalars down to the built-in value."""
    kind = type(value)
    if kind in _BASES or kind is bool:
        return value
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if str(kind.__module__).startswith("pandas"):
        return _from_pandas(value)
    # Asked of the type: an object may claim any class as its own.
    return next((strip(value) for base, strip in _BASES.items() if issubclass(kind, base)), value)


def _from_pandas(value: Any) -> Any:
    name = type(value).__name__
    if name in ("NaTType", "NAType"):
        return None
    if name in ("Timestamp", "Timedelta"):
        return value.to_pydatetime() if name == "Timestamp" else value.to_pytimedelta()
    return value.tolist() if name == "Series" else value


def _is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and str(type(value).__module__).startswith("pandas")


def regular(path: Path, most: int = FRAME) -> bytes:
    """The bytes of a regular file that another process left; raises NotPlain for anything else.

    It is opened without waiting: a FIFO in its place would hold a reader for ever.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        number = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise NotPlain(f"{path.name} cannot be read: {error.strerror}") from None
    with open(number, "rb") as file:
        told = os.fstat(number)
        if not stat.S_ISREG(told.st_mode):
            raise NotPlain(f"{path.name} is not a regular file")
        if told.st_size > most:
            raise NotPlain(f"{path.name} is larger than {most >> 20} MiB")
        return file.read(most)


def _scalar(value: int | float | str) -> Any:
    """A number or text; what JSON has no form for is tagged."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "float", "v": repr(value)}
    if isinstance(value, int) and value.bit_length() > DIGITS:
        raise NotPlain(f"a whole number of {value.bit_length()} bits")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return {"$": "text", "v": value.encode("utf-8", "surrogatepass").hex()}
    return value


_MICROSECOND = dt.timedelta(microseconds=1)
_BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__index__,
    float: float.__float__,
    str: str.__str__,
    dt.datetime: lambda v: dt.datetime.fromisoformat(dt.datetime.isoformat(v)),
    dt.date: lambda v: dt.date.fromordinal(dt.date.toordinal(v)),
    dt.timedelta: dt.timedelta.__pos__,
    Decimal: lambda v: Decimal(Decimal.__str__(v)),
    bytes: lambda v: bytes.__getitem__(v, slice(None)),
    list: lambda v: list(list.__iter__(v)),
    tuple: lambda v: tuple(tuple.__iter__(v)),
    dict: lambda v: dict(dict.items(v)),
    set: lambda v: set(set.__iter__(v)),
    frozenset: lambda v: frozenset(frozenset.__iter__(v)),
}
_TO_TEXT: dict[type, Callable[[Any], Any]] = {
    dt.datetime: dt.datetime.isoformat,
    dt.date: dt.date.isoformat,
    dt.timedelta: lambda v: v // _MICROSECOND,
    Decimal: str,
    bytes: bytes.hex,
}
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "text": lambda told: bytes.fromhex(told).decode("utf-8", "surrogatepass"),
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "timedelta": lambda count: dt.timedelta(microseconds=count),
    "Decimal": Decimal,
    "bytes": bytes.fromhex,
}


def memory_backed() -> str | None:
    """A folder in memory where the system has one with room: small databases come and go."""
    if sys.platform != "linux" or not os.access(SHARED, os.W_OK):
        return None
    return str(SHARED) if shutil.disk_usage(SHARED).free >= ROOM else None
