"""The command line of the guard: run (the default), init, accept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from fieldkit.errors import CannotRun
from fieldkit.options import (
    Command,
    Evidence,
    Html,
    Json,
    Junit,
    Summary,
    report_to,
    say,
    seconds,
    words,
    writable,
)


class _RunUnlessNamed(TyperGroup):
    """`fieldkit guard …` is `fieldkit guard run …`, unless it names another of its commands."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or args[0] not in self.commands:
            args = ["run", *(args or ["--help"])]
        return super().parse_args(ctx, args)


class _Unnamed(TyperCommand):
    """The command that runs where none is named: its usage line does not name it either."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        path = ctx.command_path.removesuffix(" run")
        formatter.write_usage(path, " ".join(self.collect_usage_pieces(ctx)))


app = typer.Typer(cls=_RunUnlessNamed, rich_markup_mode=None)
StateFile = Annotated[
    Path, typer.Option("--state", metavar="PATH", help="A DuckDB or SQLite file.")
]
PolicyFile = Annotated[
    Path,
    typer.Option(
        "--policy", metavar="FILE", help="Policy file: what is judged, and who is alerted."
    ),
]
POLICY = Path("policy.yml")


@app.callback()
def _guard() -> None:
    """Publish what a command made only if it is like past runs; else keep the state, and alert."""


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise CannotRun(
            f"--at {text}: is not a time; write 2026-11-24 or 2026-11-24T02:00"
        ) from None


@app.command(
    cls=_Unnamed,
    context_settings={"allow_interspersed_args": False},
    short_help="Run CMD and publish or hold back (the default).",
)
def run(
    state: StateFile,
    command: Command = None,
    policy: PolicyFile = POLICY,
    timeout: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Time limit for CMD: 90s, 30m, 2h; a number alone is seconds."
        ),
    ] = "1h",
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Time that this run counts for, for a backfill [default: now]."
        ),
    ] = "",
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Publish what CMD made only if it is like past runs; else keep the state, and alert.

    CMD works on a copy: write {state} where its path belongs, or read FIELDKIT_STATE. The copy is
    judged by the policy and by past runs, and put in the state's place in one step. Exit code 0:
    published; 1: held back, the state is as before; 2: could not run. `fieldkit guard init -h`
    writes a first policy, `fieldkit guard accept -h` publishes what was held back.

    \b
    Example:  fieldkit guard --state warehouse.duckdb -- python load.py {state}
    """
    outputs = writable(
        state,
        policy,
        words(command),
        json=json,
        junit=junit,
        html=html,
        evidence=evidence,
        summary=summary,
    )
    if not command:
        raise CannotRun("no command: write it after --, as in: fieldkit guard --state F -- CMD")
    from fieldkit.guard.policy import read
    from fieldkit.guard.run import Settings, guard
    from fieldkit.guard.story import report_of

    found_policy = read(policy, state)
    settings = Settings(seconds(timeout, "--timeout"), _moment(at))
    found = guard(command, state, found_policy, settings, tell=say)
    return report_to(report_of(found, found_policy.learn), outputs, {})


@app.command(short_help="Write a first policy from what is in the state now.")
def init(state: StateFile, policy: PolicyFile = POLICY) -> int:
    """Write a first policy from what is in the state now; refuses to overwrite one.

    \b
    Example:  fieldkit guard init --state warehouse.duckdb
    """
    from fieldkit.guard.init import init as write_first

    for line in write_first(state, policy):
        say(line)
    return 0


@app.command(short_help="Publish by hand what was held back.")
def accept(
    state: StateFile,
    run: Annotated[str, typer.Argument(metavar="RUN", hidden=True)] = "",
    policy: PolicyFile = POLICY,
    new_normal: Annotated[
        bool,
        typer.Option("--new-normal", help="It will stay like this: older runs no longer count."),
    ] = False,
    json: Json = None,
    junit: Junit = None,
    html: Html = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Publish by hand what was held back, and add it to the history.

    RUN is the name of a held-back run, by default the last.

    One accepted run hardly moves a threshold. With --new-normal, only runs from this one on count
    for the checks that held it back: they are learned again.

    \b
    Example:  fieldkit guard accept --state warehouse.duckdb --new-normal
    """
    outputs = writable(
        state, policy, json=json, junit=junit, html=html, evidence=evidence, summary=summary
    )
    from fieldkit.guard.accept import accept as publish_held
    from fieldkit.guard.policy import read
    from fieldkit.guard.story import report_of

    found_policy = read(policy, state)
    found = publish_held(state, found_policy, run, new_normal=new_normal, tell=say)
    return report_to(report_of(found, found_policy.learn), outputs, {})
