"""What the page of step 1 plays with: a pull request, its month, and a gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import duckdb

from fieldkit.audit import Settings, metered
from fieldkit.audit.project import File, Project
from fieldkit.audit.rules import RULES
from fieldkit.audit.run import of
from fieldkit.audit.skills import skill
from fieldkit.audit.standards import Standards, StandardsError, loaded, parsed
from labs.answer_text import text_of
from labs.step1_audit.world.assistant import written
from labs.step1_audit.world.bets import dearest, measured, queries
from labs.step1_audit.world.bill import HOURLY, Bill, dollars, kilo
from labs.step1_audit.world.builds import HERE, MODEL, builds
from labs.step1_audit.world.builds import told as told_builds
from labs.step1_audit.world.contexts import plain
from labs.step1_audit.world.gate import PAIRED, gate, generated, pairs, today
from labs.step1_audit.world.gate import told as told_gate
from labs.step1_audit.world.lake import Lake, lake
from labs.step1_audit.world.month import Month
from labs.step1_audit.world.nightly import ModelError, compiled
from labs.step1_audit.world.pulls import PULLS, in_order
from workbook import UsageError, render

SAMPLE_DAYS = 3  # what CI builds a pull request on

TESTS = {  # a file of the dbt project -> where dbt looks for it
    "schema.yml": "models",
    "others.yml": "models",
    "generic/unique_combination_of_columns.sql": "tests/generic",
}
WIDE = ("referrers", "last_seen_at")


class World:
    """Northlight Supply's lake, and the models that a machine writes for it.

    `orders_per_day`: 20 to 4,000; `scale`: how many such shops the company is, 1 to 10**9. Raises
    UsageError.
    """

    def __init__(self, seed: int, orders_per_day: int = 400, scale: int = 300_000) -> None:
        for name, given, most, least in (
            ("orders_per_day", orders_per_day, 4_000, 20),
            ("scale", scale, 10**9, 1),
        ):
            if type(given) is not int or not least <= given <= most:
                told = f"a whole number from {least:,} to {most:,} is needed"
                raise UsageError(f"{name}={given!r}: {told}")
        self._seed, self._orders_per_day, self._scale = seed, orders_per_day, scale

    @property
    def _lake(self) -> Lake:
        return lake(self._seed, self._orders_per_day)

    @property
    def _sample(self) -> Lake:
        return lake(self._seed, self._orders_per_day, SAMPLE_DAYS)

    def pull_request(self, text: str) -> render.Shown:
        """A pull request as it lies there: the model, what CI says, how often it will run."""
        sql = text_of(text).strip()
        [one] = builds(sql, self._sample, 1)
        head = (
            f"**Pull request: {MODEL}**, {len(sql.splitlines())} lines, written by the"
            f" assistant; schedule: hourly. CI built it on {SAMPLE_DAYS} days: {one.status};"
            f" tests: {one.passed} of {one.tests} passed."
        )
        return render.markdown(f"{head}\n\n```sql\n{sql}\n```")

    def preview(self, text: str) -> render.Shown:
        """The mart's first rows, without the two columns that no narrow screen has room for."""
        sample = self._sample
        with sample.open() as con:
            found = con.sql(f"from ({_select(text, sample)}) order by all limit 4")
            rows = _dicts(found)
        return render.rows(rows, [name for name in rows[0] if name not in WIDE])

    def approve(self, text: str) -> Month:
        """Merge it; it runs every hour of a month."""
        return Month(self._lake, {"shipped": text_of(text)}, self._scale)

    def beside(self, **texts: str) -> Month:
        """Models beside each other, each run every hour of a month."""
        models = {name: text_of(text) for name, text in texts.items()}
        for name, text in models.items():
            _select(text, self._lake, name)
        return Month(self._lake, models, self._scale)

    def again(self, with_standards: bool = True) -> render.Shown:
        """The same request, asked once more, with the team's standards in the context."""
        text = generated("again") if with_standards else ""
        if not text:
            raise UsageError("with_standards=False: that is the pull request above")
        with self._lake.open() as con:
            cost = metered(con, _select(text, self._lake))
            shown, true = _revenue(con, text, self._lake)
        bill = Bill(cost.bytes, cost.files, HOURLY, self._scale)
        measured = {
            "a run reads": kilo(cost.bytes),
            "the month": dollars(bill.month),
            "revenue, last four days": dollars(shown / 100),
            "revenue that was earned": dollars(true / 100),
            "the gate": self._audited("fct_daily", text) or "clean",
        }
        lines = ["|the second answer|measured|", "|---|---|"]
        lines += [
            f"|{name}|{value.replace('$', chr(92) + '$')}|" for name, value in measured.items()
        ]
        return render.markdown(f"```sql\n{text.strip()}\n```\n\n" + "\n".join(lines))

    def _audited(self, name: str, text: str) -> str:
        """The rules that a model breaks, in words."""
        settings = Settings(catalog=self._lake.catalog, today=today(self._lake))
        audit = of(Project((File(f"models/{name}.sql", text),)), settings)
        [model] = audit.models
        found = [f"{f.rule}{' (a note)' * f.note}" for f in model.findings]
        return ", ".join(found) or model.why

    def explain(self, query: str) -> render.Shown:
        """Run a SELECT on the lake: what it read, and what the gate says of it.

        Raises UsageError for what is not a SELECT.
        """
        return render.rows([self._explained(query)])

    def _explained(self, query: str) -> dict[str, Any]:
        text = text_of(query)
        try:
            sql = compiled(text, self._lake.last, incremental=True).sql
            with self._lake.open() as con:
                cost = metered(con, f"select * from (\n{sql.strip().rstrip(';')}\n)")
        except (ModelError, duckdb.Error) as error:
            raise UsageError(str(error).splitlines()[0]) from None
        says = self._audited("pasted", text) or "clean"
        # A table that is read twice is opened twice: 400 files of a lake of 365.
        scans = f" = {' + '.join(map(str, cost.scans))}" if cost.scans[1:] else ""
        told = {"a run reads": kilo(cost.bytes), "files opened": f"{cost.files}{scans}"}
        return told | {"the gate says": says}

    def ask(self, task: str, standards: str = "") -> render.Shown:
        """Let an assistant of one's own write it, with or without standards; then explain it.

        Off unless ASSISTANT_URL is set: an address that speaks OpenAI's chat completions, such as
        http://localhost:11434/v1; ASSISTANT_MODEL and ASSISTANT_KEY as it needs. Raises UsageError.
        """
        names = ("events", "customers", "session_campaigns", "campaigns")
        known = filter(None, map(self._lake.catalog.find, names))
        context = "Tables:\n" + "\n".join(f"lake.{t.name}: {', '.join(t.columns)}" for t in known)
        context += f"\n\n{skill(_standards(standards))}" if standards else ""
        query = written(task, context)
        told = " · ".join(f"**{name}** {value}" for name, value in self._explained(query).items())
        return render.markdown(f"~~~sql\n{query.replace('~~~', '')}\n~~~\n\n{told}")

    def queries(self) -> render.Shown:
        """Five queries and who runs them."""
        told = [f"**{who}**\n\n```sql\n{query}\n```" for who, query in self._queries().items()]
        return render.markdown("\n\n".join(told))

    def _queries(self) -> Mapping[str, str]:
        return queries(self._seed, self._lake.first)

    def settle(self, text: str) -> render.Shown:
        """The bet beside the measurement, once the bet stands."""
        try:
            bet = loaded(text_of(text))
            files = dict(bet["files"])
        except (StandardsError, TypeError, KeyError, ValueError):
            files, bet = {}, {}
        costs = measured(self._seed, self._lake)
        return render.rows([
            {"who": who, "your bet": files.get(who), "files": cost.files,
             "a run reads": kilo(cost.bytes), "dearest": "yes" if who == dearest(costs) else "no"}
            for who, cost in costs.items()
        ])  # fmt: skip

    def pulls(self, *names: str) -> render.Shown:
        """Pull requests that wait for a review; all eight, or those of these names."""
        unknown = [name for name in names if name not in PULLS]
        if unknown:
            raise UsageError(f"there is no {unknown[0]!r}; there is: {', '.join(PULLS)}")
        found = [p for p in in_order(self._seed) if not names or p.model in names]
        told = [f"**{p.model}** · {p.schedule}\n\n```sql\n{p.text.strip()}\n```" for p in found]
        return render.markdown("\n\n".join(told))

    def catalog(self) -> render.Shown:
        """What is known of the tables: partition, size, and what a row is unique by."""
        known = [self._lake.catalog.find(n) for n in
                 ("events", "customers", "session_campaigns", "campaigns")]  # fmt: skip
        return render.rows([
            {"table": t.name, "partition": t.partition or "–", "files": t.files or 1,
             "unique by": ", ".join(t.grain), "columns": ", ".join(t.columns)}
            for t in known if t is not None
        ])  # fmt: skip

    def rules(self) -> render.Shown:
        """The ten rules of the gate."""
        return render.rows([
            {"rule": r.id, "says": r.says, "instead": r.instead} for r in RULES.values()
        ])  # fmt: skip

    def today(self) -> render.Shown:
        """The page's date."""
        return render.text(f"today is {today(self._lake)}")

    def build(self, text: str) -> render.Shown:
        """A real `dbt build` of a model on the year's lake, and the same night again."""
        found = builds(text_of(text), self._lake, 2)
        return render.rows(told_builds(found))

    def gate(self, text: str, review: str = "") -> render.Shown:
        """The review gate over twelve models in CI form; one of them and the waivers are yours."""
        return render.rows(told_gate(gate(text_of(text), self._lake, review)))

    def bad(self, model: str) -> render.Shown:
        """The text of one of the pull requests, as a bad example to start from."""
        if model not in PULLS:
            raise UsageError(f"there is no {model!r}; there is: {', '.join(PULLS)}")
        return render.markdown(f"```sql\n{PULLS[model].text.strip()}\n```")

    def documents(self, text: str) -> render.Shown:
        """SKILL.md as it is made from the standards; Raises UsageError."""
        return render.markdown(f"````markdown\n{skill(_standards(text))}````")

    def pairs(self, text: str) -> render.Shown:
        """Three requests, answered without and with the team's context, before your gate."""
        return render.rows(pairs(_standards(text), self._lake))

    def answered(self, model: str) -> render.Shown:
        """The SQL of one of the three answers that had the context; raises UsageError."""
        if model not in PAIRED:
            raise UsageError(f"there is no {model!r}; there is: {', '.join(PAIRED)}")
        return render.markdown(f"```sql\n{generated(f'with_{model}').strip()}\n```")

    def project(self) -> render.Shown:
        """A small project as `build_context` gets it."""
        request = plain(self._seed, 2)
        told = json.dumps(request.project, indent=1)
        return render.markdown(f"**task** = {request.task}\n\n```json\n{told}\n```")

    def repository(self, shipped: str, mine: str, standards: str) -> dict[str, str]:
        """A folder for the instrument: models that shipped, yours, catalog and standards."""
        texts = {"shipped": text_of(shipped), "mine": text_of(mine)}
        files = {"pull/catalog.csv": self._lake.catalog_csv}
        files["pull/standards.yml"] = text_of(standards).strip() + "\n"
        for folder, text in texts.items():
            files[f"pull/{folder}/dbt_project.yml"] = (HERE / "dbt_project.yml").read_text(
                encoding="utf-8"
            )
            files |= {
                f"pull/{folder}/{place}/{name.rpartition('/')[2]}": (HERE / name).read_text("utf-8")
                for name, place in TESTS.items()
            }
            files[f"pull/{folder}/models/{MODEL}.sql"] = text.strip() + "\n"
            for name in ("fct_purchases", "fct_share_of_day", "fct_events_by_hour"):
                files[f"pull/{folder}/models/{name}.sql"] = PULLS[name].text
        return files


def _standards(text: str) -> Standards:
    try:
        return parsed(text_of(text))
    except StandardsError as error:
        raise UsageError(str(error)) from None


def _select(text: str, lake: Lake, name: str = MODEL) -> str:
    """A model's SELECT on a later run; raises UsageError."""
    try:
        return compiled(text_of(text), lake.last, incremental=True).sql.strip().rstrip(";")
    except ModelError as error:
        raise UsageError(f"{name}: {error}") from None


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _revenue(con: duckdb.DuckDBPyConnection, text: str, lake: Lake) -> tuple[int, int]:
    """Revenue in cents as a model shows it for its four days, and as it was earned."""
    sql = _select(text, lake)
    [(shown,)] = con.execute(f"select sum(revenue_cents) from ({sql})").fetchall()
    [(earned,)] = con.execute(
        f"select sum(revenue_cents) from lake.events where event_date >= date '{lake.last}' - 3"
    ).fetchall()
    return shown, earned
