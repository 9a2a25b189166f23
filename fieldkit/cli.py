"""The command line of the instruments: `fieldkit prove`, `fieldkit chaos`, `fieldkit guard`."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fieldkit import guard_cli
from fieldkit.errors import CannotRun
from fieldkit.options import (
    Command,
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
    Tables,
    report_to,
    say,
    scope_of,
    seconds,
    shown_progress,
    writable,
)  # fmt: skip

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    help="Instruments that measure any pipeline, wherever it comes from.",
)


app.add_typer(guard_cli.app, name="guard")


@app.callback()
def _instruments() -> None:
    """Instruments that measure any pipeline, wherever it comes from."""


def main() -> None:
    """Run the command line; what is in the way is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _polite_end)
    try:
        code = _run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = _failed("stopped; every state is as it was before", 130)
    except CannotRun as error:
        code = _failed(str(error), 2)
    except OSError as error:
        code = _failed(f"{error.filename or 'a file'}: {error.strerror or error}", 2)
    except Exception as error:
        # Typer's own errors have no common type that all its versions export.
        if not hasattr(error, "format_message"):
            raise
        code = _failed(str(error.format_message()), 2)
    sys.exit(code)


def _polite_end(number: int, _: object) -> NoReturn:
    print("fieldkit: ended by a signal; every state is as it was before", file=sys.stderr)
    sys.exit(128 + number)


def _run_command(argv: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("fieldkit", list(argv) or ["--help"]) as context:
            code = int(command.invoke(context) or 0)
    except typer.Exit as ended:
        code = ended.exit_code
    sys.stdout.flush()
    return code


def _failed(why: str, code: int) -> int:
    print("fieldkit: " + " ".join(why.split()), file=sys.stderr)
    return code


@app.command(context_settings={"allow_interspersed_args": False})
def prove(
    command: Command = None,
    state: States = None,
    table: Tables = None,
    ignore_table: NoTables = None,
    ignore: NoColumns = None,
    key: Keys = None,
    preset: Preset = "",
    reruns: Annotated[int, typer.Option(min=0, help="Reruns after a whole run.")] = 3,
    kills: Annotated[int, typer.Option(min=0, help="Kills, each followed by a rerun.")] = 20,
    budget: Annotated[str, typer.Option(help="Time for all of it: 90s, 30m, 2h.")] = "30m",
    seed: Annotated[int, typer.Option(help="Which kill points are tried.")] = 20,
    in_place: InPlace = False,
    recover: Recover = False,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    runbook: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Redesign of the rerun strategy.")
    ] = None,
) -> int:
    """Prove that CMD may be run again, and killed anywhere, or show where it may not.

    CMD works on a copy: write {state} where its path belongs. Exit code 0: proved; 1: refuted or
    not repeatable; 2: could not run. The state is as it was in every case.

    \b
    Example:  fieldkit prove --state warehouse.duckdb -- python load.py {state}
    """
    if recover:
        return _recover()
    outputs = writable(json=json, junit=junit, html=html, runbook=runbook)
    from fieldkit.prove import Settings, prove
    from fieldkit.runbook import runbook as filled
    from fieldkit.story import told

    scope = scope_of(table, ignore_table, ignore, key)
    settings = Settings(reruns, kills, seconds(budget), seed, in_place, preset=preset)
    with shown_progress() as (tell, progress):
        proof = prove(command or (), state or (), scope, settings, tell=tell, progress=progress)
    typed = _as_typed(sys.argv[1:])
    return report_to(told(proof), outputs, {"runbook": lambda _: filled(proof, typed)})


@app.command(context_settings={"allow_interspersed_args": False})
def chaos(
    command: Command = None,
    upstream: Annotated[
        str, typer.Option(metavar="URL", help="The source; CMD finds a failing one at {url}.")
    ] = "",
    files: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The source; a failing copy is {files}.")
    ] = None,
    state: States = None,
    table: Tables = None,
    ignore_table: NoTables = None,
    ignore: NoColumns = None,
    key: Keys = None,
    preset: Preset = "",
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Kinds of fault, or schedules, in YAML.")
    ] = None,
    schedules: Annotated[int, typer.Option(min=1, help="Runs with a fault each.")] = 20,
    seed: Annotated[int, typer.Option(help="Which faults, and when.")] = 20,
    timeout: Annotated[str, typer.Option(help="Time for one run: 90s, 30m, 2h.")] = "60s",
    requests: Annotated[int, typer.Option(min=1, help="That one fault may cost.")] = 30,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the failing source.")] = 0,
    alerts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where CMD writes its alerts.")
    ] = None,
    alert_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Where CMD posts its alerts.")
    ] = None,
    in_place: InPlace = False,
    recover: Recover = False,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
) -> int:
    """Let the source of CMD fail, and look at what CMD publishes and whom it tells.

    CMD reads from {url} or {files}, works on a copy, {state}, and writes alerts to {alerts}; the
    same in CHAOS_URL, CHAOS_FILES, FIELDKIT_STATE and FIELDKIT_ALERTS. Exit code 0: survived; 1:
    published wrong data, told nobody, never ended, does not recover, or asked impolitely; 2: could
    not run. Without CMD the failing source is served until Ctrl-C.

    \b
    Example:  fieldkit chaos --upstream http://127.0.0.1:8000 --state warehouse.duckdb \\
                  -- python load.py {url} {state}
    """
    if recover:
        return _recover()
    if bool(upstream) == bool(files):
        raise CannotRun("give either --upstream URL or --files FOLDER: what is to fail")
    from fieldkit import faults as kinds
    from fieldkit.chaos import Settings, chaos, serve
    from fieldkit.chaos_story import told

    drawn, given = kinds.read(faults) if faults else (kinds.known(()), [])
    if not command:
        return serve(upstream, port, drawn, given, tell=say)
    outputs = writable(json=json, junit=junit, html=html)
    settings = Settings(
        schedules, seed, seconds(timeout, "--timeout"), requests, in_place, preset,
        tuple(drawn), tuple(given), alerts, alert_port, port,
    )  # fmt: skip
    scope = scope_of(table, ignore_table, ignore, key)
    with shown_progress() as (tell, progress):
        found = chaos(
            command, state or (), files or upstream, scope, settings, tell=tell, progress=progress
        )
    return report_to(told(found), outputs, {})


def _recover() -> int:
    from fieldkit.journal import recover

    for line in recover():
        print(line)
    return 0


def _as_typed(argv: Sequence[str]) -> str:
    """The command line without the files that it writes."""
    import shlex

    end = argv.index("--") if "--" in argv else len(argv)
    kept, given = [], list(argv[:end])
    while given:
        name, equals, _ = given[0].partition("=")
        if name in ("--json", "--junit", "--html", "--runbook"):
            del given[: 1 if equals else 2]
        else:
            kept.append(given.pop(0))
    return re.sub(r"'(\{state\d*\})'", r"\1", shlex.join(["fieldkit", *kept, *argv[end:]]))
