"""The command line of `fieldkit chaos`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldkit.errors import CannotRun
from fieldkit.options import (
    Command,
    Evidence,
    Html,
    InPlace,
    Json,
    Junit,
    Keys,
    NoColumns,
    NoTables,
    Preset,
    Recover,
    States,
    Summary,
    Tables,
    report_to,
    run_recovery,
    say,
    scope_of,
    seconds,
    shown_progress,
    words,
    writable,
)  # fmt: skip


def chaos(
    command: Command = None,
    upstream: Annotated[
        str,
        typer.Option(
            metavar="URL", help="The HTTP source; CMD gets a failing one in front of it as {url}."
        ),
    ] = "",
    files: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="The landing folder; CMD gets a faulty copy as {files}."
        ),
    ] = None,
    state: States = None,
    table: Tables = None,
    ignore_table: NoTables = None,
    ignore: NoColumns = None,
    key: Keys = None,
    preset: Preset = "",
    faults: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="YAML file with kinds of fault, or with exact schedules."
        ),
    ] = None,
    schedules: Annotated[
        int, typer.Option(min=1, metavar="N", help="Number of runs, each with one fault.")
    ] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the fault schedule.")] = 20,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="Time limit for one run: 90s, 30m, 2h.")
    ] = "60s",
    requests: Annotated[
        int, typer.Option(min=1, metavar="N", help="Most requests that one fault may cause.")
    ] = 30,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, metavar="N", help="Port of the failing source (0: any)."),
    ] = 0,
    alerts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Log file to which CMD writes its alerts.")
    ] = None,
    alert_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="N",
            help="Port for CMD's alerts (0: any).",
        ),
    ] = None,
    in_place: InPlace = False,
    recover: Recover = False,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Let the source of CMD fail: what does CMD publish, and does it alert anybody?

    CMD reads from {url} or {files}, works on a copy, {state}, and writes alerts to {alerts}; the
    same in CHAOS_URL, CHAOS_FILES, FIELDKIT_STATE and FIELDKIT_ALERTS. Exit code 0: survived; 1:
    published wrong data, alerted nobody, never ended, does not recover, or sent too many requests;
    2: no verdict. Without CMD the failing source is served until Ctrl-C.

    \b
    Example:  fieldkit chaos --upstream http://127.0.0.1:8000 \\
                  --state warehouse.duckdb -- python load.py {url} {state}
    """
    if recover:
        return run_recovery()
    if bool(upstream) == bool(files):
        raise CannotRun("give either --upstream URL or --files FOLDER: the source that is to fail")
    from fieldkit.chaos import faults as kinds
    from fieldkit.chaos.run import Settings, chaos
    from fieldkit.chaos.serve import serve
    from fieldkit.chaos.story import report_of

    drawn, given = kinds.read(faults) if faults else (kinds.known(()), [])
    if not command:
        return serve(upstream, port, drawn, given, tell=say)
    outputs = writable(
        state,
        files,
        faults,
        alerts,
        words(command),
        json=json,
        junit=junit,
        html=html,
        evidence=evidence,
        summary=summary,
    )
    settings = Settings(
        schedules, seed, seconds(timeout, "--timeout"), requests, in_place, preset,
        tuple(drawn), tuple(given), alerts, alert_port, port,
    )  # fmt: skip
    scope = scope_of(table, ignore_table, ignore, key)
    with shown_progress() as (tell, progress):
        found = chaos(
            command, state or (), files or upstream, scope, settings, tell=tell, progress=progress
        )
    return report_to(report_of(found), outputs, {})
