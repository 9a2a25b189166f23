"""What the page of step 5 plays with: AskOps, the warehouse as others see it, the desk to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern.policy import parse
from labs.step5_governance.world import export
from labs.step5_governance.world.askops import Ask, AskOps, prices
from labs.step5_governance.world.data import northlight
from labs.step5_governance.world.desk import Files, desk
from labs.step5_governance.world.matrix import compared
from labs.step5_governance.world.wanted import BOT, PERSONAS, which_rows, who_sees_what
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

    def personas(self) -> render.Shown:
        """Who asks, with their roles."""
        told = {
            "ana": "analyst in Berlin", "uli": "support in Austin", "hugo": "human resources",
            "ida": "an intern, third day",
        }  # fmt: skip
        rows = [{"user": u, "role": ", ".join(r), "who": told[u]} for u, r in PERSONAS.items()]
        bot = {"user": BOT, "role": "every table, every row", "who": "the account of AskOps"}
        return render.rows([*rows, bot])

    def askops(self, ask: Ask) -> AskOps:
        """The assistant with an answer to `inherit` in it."""
        return AskOps(ask, self._seed, self._size)

    def export(self) -> render.Shown:
        """What a partner got: phone numbers, hashed."""
        return export.export(northlight(self._seed, self._size).rows("customers"))

    def reverse(self, phone_hash: str = "") -> render.Shown:
        """Find the number behind a hash of the export; without one, that of the first line."""
        customers = northlight(self._seed, self._size).rows("customers")
        return export.reverse(customers, phone_hash or export.hashed(customers[0]["phone"]))

    def price_source(self) -> render.Shown:
        """Where the cost of a record is from."""
        given = prices()
        return render.text(f"{given['source']}, published {given['published']}")

    def who_sees_what(self) -> render.Shown:
        """The rule for each column and role."""
        return who_sees_what()

    def which_rows(self) -> render.Shown:
        """The rows of each table for each role."""
        return which_rows()

    def decisions(self, text: str, *exercise: str) -> render.Shown:
        """Which role sees which column by which rule under a policy; one line if it is none."""
        try:
            policy = parse(text_in(text, "policy") or text)
        except CannotRun as error:
            return render.text(f"not a policy yet: {error}")
        names = [name for name in policy.classes if "*" not in name]
        rows: list[dict[str, Any]] = [
            {"column": name, "tag": policy.classes[name]}
            | {role: policy.rule(role, *name.split(".", 1)) for role in policy.roles}
            for name in names
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

    def compare_table(self, assistants: Mapping[str, Ask]) -> render.Shown:
        """The same as a table."""
        rows = [r for n, ask in assistants.items() for r in self.askops(ask).matrix.rows(n)]
        return render.rows(rows)

    def desk(self, shipped: Mapping[str, str], mine: Mapping[str, str], ask: Ask) -> Files:
        """Files to keep: warehouse, policies, and AskOps as a command, shipped and yours."""
        return desk(northlight(self._seed, self._size), shipped, mine, self.askops(ask))
