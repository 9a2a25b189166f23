"""What the page of step 3 plays with: the log, the books, a rehearsal of a plan, and a quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from labs.step3_outcome.world.company import company, made
from labs.step3_outcome.world.documents import Plan, Unreadable, plan, statements
from labs.step3_outcome.world.incident import facts, invoice, mail, payback, speedup, value_map, who
from labs.step3_outcome.world.northlight import TODAY
from labs.step3_outcome.world.office import office
from labs.step3_outcome.world.quarter import LOUDEST, Beside, Choose, Quarter, quarter
from labs.step3_outcome.world.record import Saving, other_steps
from labs.step3_outcome.world.retire import Event, NotAView, TooLong, executed
from labs.step3_outcome.world.used import reasons
from workbook import UsageError, render

LEAST, MOST = 10_000, 2_000_000
MOST_SHOWN = 40  # rows of a query


class World:
    """Northlight Supply's query log of 180 days, its runs, metrics, tasks and initiatives.

    `log_rows`: 10,000 to 2,000,000 jobs. Raises UsageError.
    """

    def __init__(self, seed: int, log_rows: int = 40_000) -> None:
        if type(log_rows) is not int or not LEAST <= log_rows <= MOST:
            told = f"a whole number from {LEAST:,} to {MOST:,} is needed"
            raise UsageError(f"log_rows={log_rows!r}: {told}")
        self._seed, self._rows = seed, log_rows

    def open(self) -> duckdb.DuckDBPyConnection:
        """A copy of the company's tables, to ask and to change whatever you like (DuckDB)."""
        return made(self._seed, self._rows)

    @property
    def _con(self) -> duckdb.DuckDBPyConnection:
        return company(self._seed, self._rows).cursor()

    def mail(self) -> render.Shown:
        """The congratulation."""
        return mail()

    def speedup(self) -> render.Shown:
        """Minutes of a run before and after."""
        return speedup()

    def invoice(self) -> render.Shown:
        """What the three weeks cost, and what they save."""
        return invoice(self._con)

    def payback(self) -> render.Shown:
        """Until when they have paid for themselves."""
        return payback(self._con)

    def who(self, table: str) -> render.Shown:
        """Who reads a table; raises UsageError for one that the log does not have."""
        if table not in reasons(self._con):
            raise UsageError(f"there is no table {table!r}; lab.world.readers() lists them")
        return who(self._con, table)

    def map(self) -> render.Shown:
        """Each pipeline by its cost and the people whom it serves."""
        return value_map(self._con)

    def query(self, sql: str) -> render.Shown:
        """The rows of a SELECT on the company's tables; raises UsageError."""
        con = self._con
        try:
            found = con.extract_statements(sql)
            if [one.type for one in found] != [duckdb.StatementType.SELECT]:
                raise UsageError("write one SELECT; `lab.world.open()` gives you a copy to change")
            rows = _dicts(con.execute(sql), MOST_SHOWN)
        except duckdb.Error as error:
            raise UsageError(str(error).strip().splitlines()[0]) from None
        return render.rows(rows) if rows else render.text("no rows")

    def readers(self) -> render.Shown:
        """What is known of the readers of each table and view."""
        return facts(self._con)

    def proposals(self) -> render.Shown:
        """The ten proposals of the quarter; the rate is the same for all of them."""
        return self.query("""select id, pipeline, days, spent_days,
            before_cents || ' → ' || after_cents as "cents a run", billing
            from proposals join pipelines using (pipeline) order by proposals.rowid""")

    def metrics(self) -> render.Shown:
        """Metrics, who owns them, and which pipelines they come from."""
        told = [
            f"- **{m['name']}** ({m['kind']}): {m['measures']}; from"
            f" `{'`, `'.join(m['pipelines'])}`. Owner `{m['owner']}`, source `{m['source']}`"
            for m in _dicts(self._con.execute("from metrics"))
        ]
        return render.markdown("\n".join(told))

    def tasks(self) -> render.Shown:
        """Work that somebody does by hand."""
        return self.query("from tasks")

    def today(self) -> render.Shown:
        """The page's date."""
        return render.text(f"today is {TODAY}, a {TODAY:%A}")

    def rehearse(self, text: str) -> render.Shown:
        """A stop-list, executed: each event, and what no longer works after it."""
        try:
            events = executed(plan(text).steps, self._seed)
        except (Unreadable, NotAView) as error:
            return render.text(f"not a plan yet: {error}")
        except TooLong:
            return render.text("not a plan yet: a view did not answer within 5 s")
        return render.rows(list(_told(events))) if events else _nothing()

    def quarter(self, choose: Choose | str = LOUDEST) -> Quarter:
        """The quarter under a plan: "loudest", or a function `choose(initiatives, capacity)`."""
        if choose != LOUDEST and not callable(choose):
            raise UsageError(f"quarter({choose!r}): give {LOUDEST!r} or a function")
        name = LOUDEST if choose == LOUDEST else "yours"
        return quarter(self._seed, self._initiatives(), choose, name)

    def beside(self, choose: Choose | str, stop_list: str) -> Beside:
        """The quarter twice: loudest first, and your choice with your stop-list."""
        both = (LOUDEST, LOUDEST, 0.0), (choose, "yours", self._stopped(stop_list))
        return Beside([
            quarter(self._seed, self._initiatives(), chosen, name, stopped)
            for chosen, name, stopped in both
        ])  # fmt: skip

    def office(self, text: str) -> dict[str, str]:
        """A folder for the instrument, with the statements of a text; raises UsageError."""
        try:
            return office(self._con, statements(text))
        except Unreadable as error:
            raise UsageError(f"value-statement: {error}") from None

    def steps(self, savings: Mapping[str, Sequence[Saving]]) -> render.Shown:
        """What the other steps save, from the record: `lab.savings()`."""
        return other_steps(savings)

    def _initiatives(self) -> list[dict[str, Any]]:
        return _dicts(self._con.execute("from initiatives"))

    def _stopped(self, text: str) -> float:
        """What a plan saves in a year; nothing where it stops what is used, or breaks something."""
        try:
            told = plan(text)
            sound = self._sound(told)
        except (Unreadable, NotAView, TooLong):
            return 0
        query = """select coalesce(sum(cost_cents) * 2, 0) from runs join pipelines
            using (pipeline) where list_contains(?, table_name)"""
        [(cents,)] = self._con.execute(query, [[s.table for s in told.steps]]).fetchall()
        return float(cents) if sound else 0

    def _sound(self, told: Plan) -> bool:
        why = reasons(self._con)
        if any(why.get(step.table) for step in told.steps):
            return False
        events = executed(told.steps, self._seed)
        return not any(event.broken or event.differs for event in events)


def _nothing() -> render.Shown:
    return render.text("nothing happens: the plan has no step")


def _told(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """The events in order; once something is broken, a later day does not say that all runs."""
    fine = "✓ everything runs"
    for event in events:
        yield _event(event, fine)
        fine = "nothing new breaks" if event.broken or event.differs else fine


def _event(event: Event, fine: str) -> dict[str, Any]:
    wrong = [f"{name}: {why}" for name, why in event.broken.items()]
    wrong += [f"the view: {event.differs}"] if event.differs else []
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return {
        # A date in ISO form would break at its hyphens in a narrow cell.
        "day": f"{event.day.day}\u00a0{event.day:%b}\u00a0{event.day.year}",
        "what": event.what, "table": event.table,
        "after it": f"✗ {wrong[0]}{more}" if wrong else fine,
    }  # fmt: skip


def _dicts(found: duckdb.DuckDBPyConnection, most: int = 1_000_000) -> list[dict[str, Any]]:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchmany(most)]
