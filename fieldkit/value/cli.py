"""The command line of `fieldkit value`: init, check, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldkit.errors import CannotRun
from fieldkit.options import (
    Evidence,
    Html,
    Json,
    Junit,
    List,
    Summary,
    report_to,
    say,
    shown_progress,
    writable,
)
from fieldkit.report.wrapping import fill

if TYPE_CHECKING:
    from fieldkit.value.gather import Exports
    from fieldkit.value.run import Settings

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Jobs = Annotated[
    List | None,
    typer.Option(metavar="F", help="Log or bill: BigQuery, Snowflake, Databricks; several."),
]
Lineage = Annotated[
    List | None,
    typer.Option(metavar="F", help="OpenLineage events, dbt's manifest.json, table_lineage."),
]
Exposures = Annotated[
    List | None, typer.Option(metavar="F", help="dbt's exposures: YAML or manifest.json.")
]
BiUsage = Annotated[
    List | None, typer.Option(metavar="F", help="Usage of a BI tool, CSV: who saw what.")
]
BiColumns = Annotated[
    str, typer.Option(metavar="N=COL,…", help="table, exposure, user, users, at: their columns.")
]
Price = Annotated[
    List | None, typer.Option(metavar="U=AMOUNT", help="Of a tib, slot_hour, credit or dbu.")
]
Days = Annotated[int, typer.Option(min=1, metavar="N", help="Days of the log that count as use.")]
Principals = Annotated[Path | None, typer.Option(metavar="F", help="Accounts: email,kind,readers.")]
Metrics = Annotated[Path | None, typer.Option(metavar="F", help="Metrics; metrics.yml.")]
Tasks = Annotated[Path | None, typer.Option(metavar="F", help="Tasks by hand; tasks.csv.")]
Register = Annotated[Path | None, typer.Option(metavar="F", help="Regulated tables; register.csv.")]


@app.callback()
def _value() -> None:
    """Who uses what, what it costs, and whether every stated number holds."""


@app.command(short_help="Draft a map from a bare export, the dearest tables first.")
def init(
    map_: Annotated[
        Path | None, typer.Argument(metavar="MAP", help="The map to write; none: to stdout.")
    ] = None,
    jobs: Jobs = None,
    lineage: Lineage = None,
    exposures: Exposures = None,
    bi_usage: BiUsage = None,
    bi_columns: BiColumns = "",
    principals: Principals = None,
    register: Register = None,
    price: Price = None,
    days: Days = 180,
) -> int:
    """Write a value map to fill in, from a bare export: the dearest tables first.

    Lists the accounts that nobody has classified yet, and calls no table unused that one of them
    reads. Exit code 0: all accounts are known; 1: some are not; 2: could not run.

    \b
    Example:  fieldkit value init map.yml --jobs jobs.csv
    """
    if map_ and map_.exists():
        raise CannotRun(f"{map_}: is there already; name another file")
    exports = _exports(jobs, lineage, exposures, bi_usage, bi_columns, price, days)
    writable(map=map_)
    from fieldkit.value import first

    with shown_progress() as (_, step):
        found = first.draft_of(exports, principals, register, step)
    if map_:
        map_.write_text(found.text, encoding="utf-8")
    else:
        print(found.text, end="")
    for line in first.told(found, map_, exports.days):
        print(fill(line, 80)) if map_ else say(line)
    return found.draft.exit_code


@app.command(short_help="Recompute every number that a map states.")
def check(
    map_: Annotated[Path, typer.Argument(metavar="MAP", help="The value map.")],
    jobs: Jobs = None,
    lineage: Lineage = None,
    exposures: Exposures = None,
    bi_usage: BiUsage = None,
    bi_columns: BiColumns = "",
    metrics: Metrics = None,
    tasks: Tasks = None,
    principals: Principals = None,
    register: Register = None,
    price: Price = None,
    days: Days = 180,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Recompute every number that a map states; with a log, hold it against use.

    metrics.yml, tasks.csv, principals.csv and register.csv are found beside the map. Exit code 0:
    all holds; 1: something does not, or is not known; 2: could not run.

    \b
    Example:  fieldkit value check map.yml --jobs jobs.csv
    """
    exports = _exports(jobs, lineage, exposures, bi_usage, bi_columns, price, days, needed=False)
    settings = _settings(exports, metrics, tasks, principals, register)
    inputs = _inputs(map_, settings)
    outputs = writable(
        *inputs, json=json, junit=junit, html=html, evidence=evidence, summary=summary
    )
    from fieldkit.value import run
    from fieldkit.value.story import check_report

    with shown_progress() as (_, step):
        found = run.check(map_, settings, step)
    return _told(report_to(check_report(found), outputs, {}), html)


@app.command(short_help="Tell what it brings and costs, and what to stop and to do.")
def report(
    map_: Annotated[Path, typer.Argument(metavar="MAP", help="The value map.")],
    jobs: Jobs = None,
    lineage: Lineage = None,
    exposures: Exposures = None,
    bi_usage: BiUsage = None,
    bi_columns: BiColumns = "",
    metrics: Metrics = None,
    tasks: Tasks = None,
    principals: Principals = None,
    register: Register = None,
    initiatives: Annotated[
        Path | None, typer.Option(metavar="F", help="Proposals; initiatives.csv.")
    ] = None,
    price: Price = None,
    key: Annotated[
        str, typer.Option(metavar="people|reads|equal", help="What shares of a cost follow.")
    ] = "people",
    capacity: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Instead of the map's.")
    ] = None,
    days: Days = 180,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Tell what each pipeline brings and costs, what nobody uses, and what to do next.

    With --html a page for a leadership meeting, to print or to send: it counts people and names
    none. Exit code 0: every number on it holds; 1: one does not, or is not known; 2: could not run.

    \b
    Example:  fieldkit value report map.yml --jobs jobs.csv --html value.html
    """
    exports = _exports(jobs, lineage, exposures, bi_usage, bi_columns, price, days, needed=False)
    settings = _settings(exports, metrics, tasks, principals, register, initiatives, key, capacity)
    inputs = _inputs(map_, settings)
    outputs = writable(
        *inputs, json=json, junit=junit, html=html, evidence=evidence, summary=summary
    )
    from fieldkit.value import run
    from fieldkit.value.page import value_report

    with shown_progress() as (_, step):
        found = run.report(map_, settings, step)
    return _told(report_to(value_report(found), outputs, {}), html)


def _told(code: int, html: Path | None) -> int:
    """Say where the page is that was written; gives the exit code."""
    if html:
        print(f"\nThe page is written: {html}")
    return code


def _exports(
    jobs: List | None, lineage: List | None, exposures: List | None, bi_usage: List | None,
    bi_columns: str, price: List | None, days: int, *, needed: bool = True,
) -> Exports:  # fmt: skip
    from fieldkit.value.bi import column_map
    from fieldkit.value.gather import Exports

    if not jobs and (needed or lineage or exposures or bi_usage):
        raise CannotRun("--jobs: name the log of queries: an export of BigQuery, Snowflake, …")
    return Exports(
        tuple(map(Path, jobs or ())), tuple(map(Path, lineage or ())),
        tuple(map(Path, exposures or ())), tuple(map(Path, bi_usage or ())),
        column_map(bi_columns) if bi_columns else {}, _prices(price or []), days,
    )  # fmt: skip


def _prices(given: List) -> dict[str, float]:
    """Cents by unit from credit=3.00; raises CannotRun for anything else."""
    from fieldkit.value.logs import PRICES
    from fieldkit.value.written import NUMBER

    found = {}
    for text in given:
        unit, _, amount = text.partition("=")
        if unit not in PRICES or not NUMBER.fullmatch(amount) or float(amount) < 0:
            raise CannotRun(f"--price {text}: write UNIT=3.00; UNIT is one of {', '.join(PRICES)}")
        found[unit] = 100 * float(amount)
    return found


def _settings(
    exports: Exports, metrics: Path | None, tasks: Path | None, principals: Path | None,
    register: Path | None, initiatives: Path | None = None, key: str = "people",
    capacity: float | None = None,
) -> Settings:  # fmt: skip
    from fieldkit.value.run import Settings

    given = {
        "metrics.yml": metrics, "tasks.csv": tasks, "principals.csv": principals,
        "register.csv": register, "initiatives.csv": initiatives,
    }  # fmt: skip
    named = {name: path for name, path in given.items() if path}
    return Settings(exports, named, key, capacity)


def _inputs(map_: Path, settings: Settings) -> list[Path]:
    """Every file that the run reads: no report may be written over one."""
    from fieldkit.value.run import BESIDE

    some = settings.exports
    logs = [*some.jobs, *some.lineage, *some.exposures, *some.bi_usage]
    usual = [map_.parent / name for name in BESIDE]
    return [map_, *logs, *settings.beside.values(), *usual]
