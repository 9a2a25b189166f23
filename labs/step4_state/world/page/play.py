"""Small worlds to play with on the page: three orders, a landing folder, two connections."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from labs.handles.database import MEMORY, Warehouse
from labs.handles.files import halve
from labs.step4_state.world.deliveries import Delivery, frame_of
from labs.step4_state.world.landing import MANIFEST, reading
from labs.step4_state.world.lease import LEASE_TABLES
from workbook import render

_numbers = itertools.count(1)  # of warehouses, in this process: a page may run twice in a kernel


class Tiny:
    """Three orders to play with: `con`, `batch`, and a second batch that corrects the first."""

    def __init__(self, first: Delivery, warehouse: Warehouse) -> None:
        orders = first.orders[:3]
        corrected = first.corrected(1, 1_000)
        self.day = first.day
        self.batch = frame_of(orders)
        self.corrections = frame_of((corrected, orders[2], first.orders[3]))
        self._warehouse = warehouse
        self.con = warehouse.handle().open(lambda: None)

    def facts(self) -> render.Shown:
        """fact_orders as it is now."""
        query = "select order_key, order_id, version, amount_cents from fact_orders order by all"
        columns = ("order_key", "order_id", "version", "amount_cents")
        found = [dict(zip(columns, row, strict=True)) for row in self._warehouse.rows(query)]
        short = [row | {"order_key": str(row["order_key"])[:8]} for row in found]
        return render.rows(short, columns)


class TinyLanding:
    """A folder and a manifest to play with: `folder`, `con`, `day`, `rows`."""

    def __init__(self, delivery: Delivery) -> None:
        self.day, self.rows = delivery.day, delivery.frame
        self._kept = tempfile.TemporaryDirectory(prefix="landing-")
        self.folder = self._kept.name
        place = f"{MEMORY}{Path(self.folder).name.replace('-', '_')}"
        self.con = Warehouse(place=place, setup=MANIFEST).handle().open(lambda: None)

    def cut(self, name: str) -> None:
        """Leave half of a file, as a kill in the middle of writing it does."""
        halve(Path(self.folder, name))

    def read(self, name: str) -> render.Shown:
        """How many rows a reader finds in a file, or what stops it."""
        path = Path(self.folder, name)
        try:
            found = f"{len(self.con.execute(reading(path)).fetchall())} rows"
        except duckdb.Error:
            found = "a reader stops with an error: this is not a whole file"
        return render.text(f"{name}: {found}")


class Schedulers:
    """Two connections to one small database, to see with your own eyes what a lost race is."""

    def __init__(self) -> None:
        self._warehouse = Warehouse(
            place=f"{MEMORY}schedulers_{next(_numbers)}", setup=LEASE_TABLES
        )
        handle = self._warehouse.handle()
        self.one, self.two = handle.open(lambda: None), handle.connect()

    def __repr__(self) -> str:
        return "<two connections, .one and .two, to one database>"

    def leases(self) -> render.Shown:
        """The table leases as a reader sees it now: committed rows only."""
        columns = ("job", "owner", "token", "expires_at")
        found = self._warehouse.rows("from leases order by all")
        rows = [dict(zip(columns, map(str, row), strict=True)) for row in found]
        return render.rows(rows, columns)

    def attempt(self, call: Callable[..., Any], *given: Any) -> render.Shown:
        """Call something that may fail, and say how it went."""
        try:
            call(*given)
        except duckdb.Error as error:
            return render.text(f"{type(error).__name__}: {error}".splitlines()[0])
        return render.text("no error")
