"""The command line of `fieldkit audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldkit.errors import CannotRun
from fieldkit.options import Evidence, Html, Json, Junit, Summary, files, report_to, writable

DIALECTS = (
    "duckdb", "bigquery", "snowflake", "redshift", "postgres", "trino", "databricks", "spark",
)  # fmt: skip


def audit(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A dbt project, folder or file.")],
    standards: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Which rules hold, and who waived one.")
    ] = None,
    catalog: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Partitions, bytes, grains: CSV or dbt's catalog.json."),
    ] = None,
    dialect: Annotated[
        str, typer.Option(metavar="NAME", help=f"One of {', '.join(DIALECTS)}.")
    ] = "duckdb",
    manifest: Annotated[
        Path | None, typer.Option(metavar="FILE", help="dbt's manifest.json: the compiled SQL.")
    ] = None,
    jobs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What was billed, CSV: model,bytes.")
    ] = None,
    lake: Annotated[
        Path | None, typer.Option(metavar="DB", help="Run each SELECT on this DuckDB database.")
    ] = None,
    budget: Annotated[
        int, typer.Option(min=1, metavar="BYTES", help="What a run may read, with --lake.")
    ] = 1_000_000_000,
    changed_since: Annotated[
        str | None, typer.Option(metavar="REV", help="Only files that git says have changed.")
    ] = None,
    allow_skipped: Annotated[
        bool, typer.Option("--allow-skipped", help="Pass where no file is SQL, and say so.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is known: written, then compared.")
    ] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Annotations for GitHub Actions, before the report.")
    ] = False,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Report for code hosts.")
    ] = None,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Audit SQL models for cost and wrong rows before they ship.

    Every file gets a verdict: clean, undecided, findings, waived, unparsed or skipped. What a rule
    cannot decide without --catalog is undecided, not clean. Exit code 0: no findings; 1: findings;
    2: could not run, or no file could be parsed.

    \b
    Example:  fieldkit audit path/to/dbt --catalog catalog.csv
    """
    outputs = writable(
        files(path, standards, catalog, manifest, jobs, lake, baseline),
        json=json, junit=junit, html=html, evidence=evidence, summary=summary, sarif=sarif,
    )  # fmt: skip
    if dialect not in DIALECTS:
        raise CannotRun(f"--dialect {dialect}: is not known; there is {', '.join(DIALECTS)}")
    if changed_since == "":
        raise CannotRun("--changed-since: names no revision; is its variable set?")
    from fieldkit.audit import catalog as catalogs
    from fieldkit.audit import narrow
    from fieldkit.audit import standards as agreed
    from fieldkit.audit.lakes import Lake
    from fieldkit.audit.run import Settings
    from fieldkit.audit.run import audit as audited
    from fieldkit.audit.story import OWN, github_lines, report_of

    settings = Settings(
        agreed.read(standards) if standards else agreed.Standards(),
        catalogs.read(catalog) if catalog else catalogs.NOTHING_KNOWN,
        dialect,
        manifest=manifest,
        changed_since=changed_since or "",
        baseline=baseline,
        billed=narrow.jobs(jobs) if jobs else {},
        lake=Lake(lake, budget) if lake else None,
        may_skip=allow_skipped,
    )
    found = audited(path, settings)
    for line in github_lines(found) if github else ():
        print(line)
    return report_to(report_of(found), outputs, OWN)
