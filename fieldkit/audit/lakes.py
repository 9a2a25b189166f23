"""Each model's SELECT run on a database, and what it read against a budget."""

from __future__ import annotations

from pathlib import Path

from fieldkit.audit.found import Finding
from fieldkit.audit.meter import metered
from fieldkit.audit.render import Names, Unrendered, rendered
from fieldkit.errors import CannotRun

RULE = "over-budget"
NAMES = Names(ref=lambda name: f'"{name}"')


class Lake:
    """A DuckDB database that is read and never written. Raises CannotRun."""

    def __init__(self, path: Path, budget: int) -> None:
        import duckdb

        self._budget = budget
        if not path.is_file():
            raise CannotRun(f"--lake {path}: is not there; name a DuckDB database")
        try:
            self._con = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise CannotRun(f"--lake {path}: cannot be opened: {first}") from None

    def measure(self, text: str, compiled: str = "") -> tuple[list[Finding], str]:
        """What a model reads, if it is over the budget; or why that cannot be said.

        LIMIT and a top-N stop early, at another place in each run: they are not measured.
        """
        import duckdb

        try:
            sql = compiled or rendered(text, incremental=True, names=NAMES).sql
        except Unrendered as error:
            return [], str(error)
        if " limit " in f" {sql.lower()} ".replace("\n", " "):
            return [], "LIMIT reads another amount in each run"
        try:
            cost = metered(self._con, f"select * from (\n{sql.strip().rstrip(';')}\n)")
        except duckdb.Error as error:
            return [], str(error).splitlines()[0]
        if cost.bytes <= self._budget:
            return [], ""
        told = f"a run reads {cost.bytes:,} bytes; the budget is {self._budget:,}"
        return [Finding(RULE, 1, told, bytes=cost.bytes, files=cost.files, measured=True)], ""

    def close(self) -> None:
        """Let go of the database."""
        self._con.close()
