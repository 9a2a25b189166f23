"""The landing folder of step 4: files, their manifest, and what a reader finds there."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labs.handles.database import Warehouse
from labs.handles.files import readable
from labs.step4_state.world.deliveries import COLUMNS, Delivery
from workbook import Answer, AnswerFailed, Outcome
from workbook.answer import Failure

MISSING, HALF = "is not there", "is half written"
MORE = "has a column that was not delivered:"
MANIFEST = "create table manifest (day date primary key, file varchar, rows bigint);"
_TYPES = ("bigint", "integer", "bigint", "timestamp", "bigint", "timestamp")
Orders = tuple[tuple[Any, ...], ...]
# What files held, by ending, kind and content: what was read once is not read again, in whichever
# folder it lies.
_known: dict[tuple[str, str, bytes], Orders] = {}
MOST_KNOWN = 200
_CAST = ", ".join(f"{c}::{t} as {c}" for c, t in zip(COLUMNS, _TYPES, strict=True))


@dataclass(frozen=True)
class Entry:
    """A day as a reader finds it. `trouble`: why its file cannot be read, or ""."""

    day: dt.date
    file: str
    told: int
    orders: Orders = ()
    trouble: str = ""


class Landing:
    """An empty folder and an empty manifest (or none); use as a context manager.

    `blocked`: where the folder should be stands a file, so that nothing can be written below it.
    """

    def __init__(self, answer: Answer, *, manifest: bool = True, blocked: bool = False) -> None:
        self._answer = answer
        self._place = self.folder = answer.folder()
        if blocked:
            self.folder = str(Path(self._place, "landing"))
            Path(self.folder).write_bytes(b"")
        self._warehouse = Warehouse(answer, MANIFEST if manifest else "")

    def land(self, delivery: Delivery, **options: Any) -> Outcome:
        """Land a delivery, the process dying as `options` say."""
        outcome = self._answer.call(
            folder=self.folder,
            con=self._warehouse.handle(files=self.folder, **options),
            day=delivery.day,
            rows=delivery.frame,
        )
        return replace(outcome, failure=outcome.failure and self._told(outcome.failure))

    def has_manifest(self) -> bool:
        """Whether there is a manifest by now."""
        return self._warehouse.has("manifest")

    def _told(self, failure: Failure) -> Failure:
        """The failure without the folder's path, which is another one in each run."""
        return replace(failure, message=failure.message.replace(self.folder, "folder"))

    def read(self) -> list[Entry]:
        """What a reader finds now, who looks only for the files that the manifest names."""
        entries = self._warehouse.rows("select day, file, rows from manifest order by all")
        return [self._entry(*entry) for entry in entries]

    def _entry(self, day: dt.date, file: str | None, told: int) -> Entry:
        path = Path(self.folder, file or "")
        if not readable(path, self.folder):
            return Entry(day, path.name, told, trouble=MISSING)
        content = path.read_bytes()
        known = _known.get((path.suffix, _kind(path), content))
        if known is None:
            try:
                found = self._warehouse.rows(reading(path)) if content.strip() else []
                more = self._more(path) if content.strip() else ""
            except AnswerFailed:
                return Entry(day, path.name, told, trouble=HALF)
            if more:
                return Entry(day, path.name, told, trouble=f"{MORE} {more}")
            known = _kept(path, content, tuple(sorted(found, key=repr)))
        return Entry(day, path.name, told, known)

    def _more(self, path: Path) -> str:
        """A column of the file that was not delivered, or ""."""
        described = self._warehouse.rows(f"describe {reading(path, '*')}")
        return next((name for name, *_ in described if name.lower() not in COLUMNS), "")

    def __enter__(self) -> Landing:
        self._warehouse.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._warehouse.__exit__()
        shutil.rmtree(self._place, ignore_errors=True)


def _kept(path: Path, content: bytes, orders: Orders) -> Orders:
    """Keep what a file held; the latest ones stay."""
    while len(_known) >= MOST_KNOWN:
        del _known[next(iter(_known))]
    _known[path.suffix, _kind(path), content] = orders
    return orders


def _kind(path: Path) -> str:
    suffixes = "".join(path.suffixes).lower()
    return next((k for k in ("parquet", "json") if k in suffixes), "csv")


def reading(path: Path, columns: str = _CAST) -> str:
    """The query for the orders of a parquet, CSV or JSON file."""
    kind = _kind(path)
    options = ", all_varchar = true, header = true" if kind == "csv" else ""
    name = str(path).replace("'", "''")
    return f"select {columns} from read_{kind}('{name}'{options})"


def true_orders(delivery: Delivery) -> Orders:
    """The orders of a delivery as a reader must find them."""
    return tuple(sorted(map(tuple, delivery.orders), key=repr))


def is_landed(entries: Sequence[Entry], deliveries: Sequence[Delivery]) -> bool:
    """Whether a reader finds exactly these deliveries."""
    found = [(e.day, e.told, e.orders, e.trouble) for e in entries]
    return found == sorted((d.day, len(d.orders), true_orders(d), "") for d in deliveries)
