"""What the page of step 5 plays with: AskOps, the warehouse as others see it, the desk to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern.policy import parse
from labs.step5_governance.world.askops import Ask, AskOps, prices
from labs.step5_governance.world.connections import connection_table
from labs.step5_governance.world.data import northlight
from labs.step5_governance.world.desk import Files, desk, door
from labs.step5_governance.world.export import exported, hashed, reversed_hash
from labs.step5_governance.world.matrix import compared, leaks_and_use
from labs.step5_governance.world.wanted import as_yaml
from labs.step5_governance.world.warehouse import Warehouse
from workbook import UsageError, render
from workbook.submission import text_in


class World:
    """Northlight Supply's customers, orders, salaries and tickets, and who may see them.

    `orders_per_day`: 60 to 20,000. Raises UsageError.
    """

    def __init__(self, seed: int, orders_per_day: int = 400) -> None:
        if type(orders_per_day) is not int or not 60 <= orders_per_day <= 20_000:
            told = "a whole number from 60 to 20,000 is needed"
            raise UsageError(f"orders_per_day={orders_per_day!r}: {told}")
        self._seed, self._size = seed, orders_per_day

    def askops(self, ask: Ask) -> AskOps:
        """The assistant with an answer to `inherit` in it."""
        return AskOps(ask, self._seed, self._size)

    def export(self) -> render.Shown:
        """What a partner got: phone numbers, hashed."""
        return exported(northlight(self._seed, self._size).rows("customers"))

    def reverse(self, phone_hash: str = "") -> render.Shown:
        """Find the number behind a hash of the export; without one, that of the first line."""
        customers = northlight(self._seed, self._size).rows("customers")
        return reversed_hash(customers, phone_hash or hashed(customers[0]["phone"]))

    def price_source(self) -> render.Shown:
        """Where the cost of a record is from."""
        given = prices()
        return render.text(f"{given['source']}, published {given['published']}")

    def decisions(self, text: str, *exercise: str) -> render.Shown:
        """Which role sees which column by which rule under a policy; one line if it is none."""
        try:
            policy = parse(text_in(text, "policy") or text)
        except CannotRun as error:
            return render.text(f"not a policy yet: {error}")
        groups: dict[tuple[str, str], list[str]] = {}
        for name, tag in policy.classes.items():
            if "*" not in name:
                table, column = name.split(".", 1)
                groups.setdefault((table, tag), []).append(column)
        rows: list[dict[str, Any]] = [
            {"table": table, "columns": ", ".join(columns), "tag": tag}
            | {role: policy.rule(role, table, columns[0]) for role in policy.roles}
            for (table, tag), columns in groups.items()
        ]
        return render.rows(rows)

    def read_as(self, sql: str, *users: str) -> render.Shown:
        """What a SELECT gives to each user: the number of rows, and the first of them."""
        rows = []
        for user in users:
            found = self._query(user, sql)
            first = ", ".join(str(v) for v in found[0].values() if v is not None) if found else ""
            rows.append({"user": user, "rows": len(found), "first row": first or None})
        return render.rows(rows)

    def query(self, user: str, sql: str) -> render.Shown:
        """The rows that a SELECT gives to a user."""
        found = self._query(user, sql)
        return render.rows(found) if found else render.text("no rows")

    def _query(self, user: str, sql: str) -> list[dict[str, Any]]:
        reader = Warehouse(self._seed, self._size).open(lambda: None)
        try:
            return reader.query(user, sql)
        except duckdb.Error as error:
            raise UsageError(str(error).strip().splitlines()[0]) from None

    def compare(self, assistants: Mapping[str, Ask]) -> render.Shown:
        """The probes of several assistants in one picture."""
        return compared({name: self.askops(ask).matrix for name, ask in assistants.items()})

    def leaks(self, ask: Ask) -> int:
        """Kinds of values that an assistant shows to somebody who may not see them."""
        return self.askops(ask).matrix.leaks

    def leaks_and_use(self, assistants: Mapping[str, Ask]) -> render.Shown:
        """The same as a table: leaks and usefulness for each persona."""
        return leaks_and_use({name: self.askops(ask).matrix for name, ask in assistants.items()})

    def policy(self) -> str:
        """Northlight's own policy, as YAML."""
        return as_yaml()

    def connections(self) -> render.Shown:
        """The warehouse's connection log of a week, counted."""
        return connection_table(self._seed)

    def door(self, shipped: str, mine: str) -> Files:
        """AskOps with two answers to `inherit`, under the right policy: for a certificate."""
        return door(northlight(self._seed, self._size), as_yaml(), shipped, mine)

    def desk(self, shipped: Mapping[str, str], mine: Mapping[str, str], ask: Ask) -> Files:
        """Files to keep: warehouse, policies, and AskOps as a command, shipped and yours."""
        return desk(northlight(self._seed, self._size), shipped, mine, self.askops(ask))
