"""The command line of `fieldkit prove`."""

from __future__ import annotations

import sys
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
    as_typed,
    report_to,
    run_recovery,
    scope_of,
    seconds,
    shown_progress,
    words,
    writable,
)  # fmt: skip


def prove(
    command: Command = None,
    state: States = None,
    table: Tables = None,
    ignore_table: NoTables = None,
    ignore: NoColumns = None,
    key: Keys = None,
    preset: Preset = "",
    reruns: Annotated[
        int, typer.Option(min=0, metavar="N", help="Number of reruns after a complete run.")
    ] = 3,
    kills: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Number of kills, each with a rerun; copies of states may add half as many.",
        ),
    ] = 20,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="Time limit for everything: 90s, 30m, 2h.")
    ] = "30m",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the kill points.")] = 20,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 for temporary files that are left, too.")
    ] = False,
    readers: Annotated[
        bool, typer.Option("--readers", help="Half-published states after a kill count, too.")
    ] = False,
    in_place: InPlace = False,
    recover: Recover = False,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
    runbook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a Markdown template for a rerun strategy."),
    ] = None,
) -> int:
    """Run CMD again and kill it at many points: does it always leave the same data?

    CMD works on a copy: write {state} where the path of the state belongs. Exit code 0: proved;
    1: refuted or not repeatable; 2: could not run. The state itself is never changed.

    \b
    Example:  fieldkit prove --state warehouse.duckdb -- python load.py {state}
    """
    if recover:
        return run_recovery()
    outputs = writable(
        state,
        words(command),
        json=json,
        junit=junit,
        html=html,
        evidence=evidence,
        summary=summary,
        runbook=runbook,
    )
    from fieldkit.prove.run import Settings, prove
    from fieldkit.prove.runbook import runbook as filled
    from fieldkit.prove.story import report_of

    if not (reruns or kills):
        raise CannotRun("--reruns 0 --kills 0: nothing would be tried; give one of them a number")
    scope = scope_of(table, ignore_table, ignore, key)
    settings = Settings(
        reruns, kills, seconds(budget), seed, in_place,
        preset=preset, strict=strict, readers=readers,
    )  # fmt: skip
    with shown_progress() as (tell, progress):
        proof = prove(command or (), state or (), scope, settings, tell=tell, progress=progress)
    typed = as_typed(sys.argv[1:])
    return report_to(report_of(proof), outputs, {"runbook": lambda _: filled(proof, typed)})
