"""The command line of `fieldkit govern`: scan, gate, access."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldkit.options import (
    Evidence,
    Html,
    Json,
    Junit,
    List,
    Summary,
    files,
    report_to,
    seconds,
    shown_progress,
    words,
    writable,
)

Ignore = Annotated[
    List | None,
    typer.Option(metavar="NAME", help="Leave these files out of a folder: '*.png', 'doc/*'."),
]
app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _govern() -> None:
    """Find personal data, gate a policy against a database, ask an application as each persona."""


@app.command(short_help="Find personal data in whole tables and files.")
def scan(
    target: Annotated[Path, typer.Argument(metavar="PATH", help="A file, a database, a folder.")],
    fail_on: Annotated[
        List | None,
        typer.Option(metavar="KIND", help="mail, phone, card, iban, ssn, ip, url; new; any."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is known: written, then compared.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update-baseline", help="All that is found is known from now on.")
    ] = False,
    ignore: Ignore = None,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Report for code hosts.")
    ] = None,
) -> int:
    """Find personal data in whole tables and files: by content and checksum, and by name.

    Reads DuckDB and SQLite files, CSV, parquet, JSON, JSON lines, xlsx, notebooks, SQL, text and
    logs, also gzipped, and folders of them. Samples are masked; no report holds a value. Exit code
    0: clean; 1: found, for the kinds of --fail-on (any: all but url); 2: not all could be read.

    \b
    Example:  fieldkit govern scan warehouse.duckdb \\
                  --baseline govern.json --fail-on new
    """
    outputs = writable(
        files(target, baseline),
        json=json, junit=junit, html=html, evidence=evidence, summary=summary, sarif=sarif,
    )  # fmt: skip
    from fieldkit.govern import run
    from fieldkit.govern.story import OWN, scan_report

    settings = run.Settings(run.fail_on(fail_on or ()), baseline, update, tuple(ignore or ()))
    with shown_progress() as (_, step):
        found = run.scan(target, settings, step)
    return report_to(scan_report(found), outputs, OWN)


@app.command(short_help="Refuse a release that shows somebody too much.")
def gate(
    database: Annotated[
        Path | None, typer.Argument(metavar="DB", help="A database, file or folder.")
    ] = None,
    policy: Annotated[
        Path, typer.Option(metavar="FILE", help="Classes of columns, and what roles see.")
    ] = Path("policy.yml"),
    paths: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The ways of applications to the data.")
    ] = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help="DB is what this role can open.")] = "",
    ignore: Ignore = None,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Refuse a release: columns that are unclassified or unmasked, paths that are not their user's.

    Columns are judged by their content, too: a text with mail addresses that a role sees clear is
    refused if the role sees mail addresses only masked where they live. Paths are refused without
    `principal: user`, with a wildcard, and without evidence that is as new as the policy. Exit code
    0: passed; 1: refused; 2: could not be judged.

    \b
    Example:  fieldkit govern gate --policy policy.yml --paths paths.yml \\
                  warehouse.duckdb
    """
    outputs = writable(
        files(database, policy, paths),
        json=json, junit=junit, html=html, evidence=evidence, summary=summary,
    )  # fmt: skip
    from fieldkit.govern import gate as gates
    from fieldkit.govern.verdicts import gate_report

    return report_to(
        gate_report(gates.gate(policy, database, paths, role, ignore or ())), outputs, {}
    )


@app.command(
    context_settings={"allow_interspersed_args": False},
    short_help="Ask an application as each persona: who sees what?",
)
def access(
    command: Annotated[
        List | None,
        typer.Argument(metavar="-- CMD", help="The application, if it is to be started."),
    ] = None,
    personas: Annotated[
        Path, typer.Option(metavar="FILE", help="Who asks, how, and the probes.")
    ] = Path("personas.yml"),
    canaries: Annotated[
        Path, typer.Option(metavar="FILE", help="Planted values: name, value, personas.")
    ] = Path("canaries.csv"),
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy this is evidence for.")
    ] = None,
    wait: Annotated[
        str, typer.Option(metavar="TIME", help="Time for CMD to start: 30s, 2m.")
    ] = "30s",
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Ask a chatbot, BI or API path as each persona; tell who saw what they may not see.

    CMD is started with a free port in FIELDKIT_PORT (or {port}), asked once it listens, and ended.
    Headers and tokens come from the environment: ${NAME} in personas.yml. No report, log or error
    holds a token, a canary's value or an answer. Exit code 0: no leak; 1: a leak, or permitted
    questions without their answer; 2: not every question was answered.

    \b
    Example:  fieldkit govern access --personas personas.yml \\
                  --canaries canaries.csv -- python askops.py --as user
    """
    outputs = writable(
        files(personas, canaries, policy), words(command),
        json=json, junit=junit, html=html, evidence=evidence, summary=summary,
    )  # fmt: skip
    from fieldkit.govern import access as accesses
    from fieldkit.govern.verdicts import access_report

    settings = accesses.Settings(policy, seconds(wait, "--wait"))
    with shown_progress() as (_, step):
        found = accesses.access(personas, canaries, command or (), settings, step)
    return report_to(access_report(found), outputs, {})
