"""The command line of `fieldkit audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldkit.errors import CannotRun
from fieldkit.options import Html, Json, Junit, report_to, writable

DIALECTS = ("duckdb", "bigquery", "snowflake", "redshift", "postgres")


def audit(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A dbt project, folder or file.")],
    standards: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Which rules hold, and who waived one.")
    ] = None,
    catalog: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Partitions, bytes, grains: CSV or dbt's catalog.json."),
    ] = None,
    dialect: Annotated[str, typer.Option(metavar="|".join(DIALECTS))] = "duckdb",
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
) -> int:
    """Audit SQL models for cost and wrong rows before they ship.

    Every file gets a verdict: clean, findings, waived, unparsed or skipped. What a rule cannot
    decide without --catalog is reported as unknown, not as clean. Exit code 0: no findings; 1:
    findings; 2: could not run.

    \b
    Example:  fieldkit audit path/to/dbt --catalog catalog.csv --standards standards.yml
    """
    outputs = writable(json=json, junit=junit, html=html)
    if dialect not in DIALECTS:
        raise CannotRun(f"--dialect {dialect}: is not known; there is {', '.join(DIALECTS)}")
    from fieldkit.audit import catalog as catalogs
    from fieldkit.audit import standards as agreed
    from fieldkit.audit.run import Settings
    from fieldkit.audit.run import audit as audited
    from fieldkit.audit.story import report_of

    settings = Settings(
        agreed.read(standards) if standards else agreed.Standards(),
        catalogs.read(catalog) if catalog else catalogs.NOTHING_KNOWN,
        dialect,
    )
    return report_to(report_of(audited(path, settings)), outputs, {})
