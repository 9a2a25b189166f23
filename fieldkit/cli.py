"""The command line of the instruments: `fieldkit prove`, `fieldkit chaos`, `fieldkit guard`."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, TextIO

import typer

from fieldkit.audit import skills_cli
from fieldkit.audit.cli import audit
from fieldkit.chaos.cli import chaos
from fieldkit.errors import CannotRun, Stopped, left_by_a_stop
from fieldkit.govern import cli as govern_cli
from fieldkit.guard import cli as guard_cli
from fieldkit.options import begin, version
from fieldkit.prove.cli import prove
from fieldkit.value import cli as value_cli

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    help="Instruments that test and guard any data pipeline.",
)


# What Typer says of a number, in words for somebody who is in a hurry.
PLAINLY = (
    (r"Invalid value for '(-[\w-]+)': Input should be a valid (?:integer|number).*",
     r"\1: give a number"),
    (r"Invalid value for '(-[\w-]+)': Input should be greater than or equal to (\S+)",
     r"\1: give \2 or more"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"\1: more than is expected here"),
    (r"Invalid value for '(-[\w-]+)': Input should be less than or equal to (\S+)",
     r"\1: give \2 or less"),
)  # fmt: skip

# What follows the first word of CMD is CMD's own, options included.
OWN_OPTIONS_FIRST = {"allow_interspersed_args": False}
# Short enough for one line of 80 columns: a longer summary is cut in mid-sentence.
app.command(
    context_settings=OWN_OPTIONS_FIRST,
    short_help="Test whether a command can be run again, and killed.",
)(prove)
app.command(
    context_settings=OWN_OPTIONS_FIRST,
    short_help="Test what a command does when its source fails.",
)(chaos)
app.add_typer(
    guard_cli.app, name="guard", short_help="Publish what a command made only if it is as usual."
)
app.command(short_help="Hold SQL models to your standards, before review.")(audit)
app.add_typer(skills_cli.app, name="skills", short_help="One standard, told to every AI tool.")
app.add_typer(govern_cli.app, name="govern", short_help="Find personal data, and who can see it.")

app.add_typer(value_cli.app, name="value", short_help="Tell what each pipeline brings and costs.")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fieldkit {version()}")
        raise typer.Exit


@app.callback()
def _instruments(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Instruments that test and guard any data pipeline."""


def main() -> None:
    """Run the command line; an error is one line on stderr and exit code 2."""
    sys.stdout, sys.stderr = _unbroken(sys.stdout), _unbroken(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _on_terminate)
    try:
        code = _run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = _failed(f"stopped; {left_by_a_stop()}", 130)
    except Stopped as stopped:
        code = _failed(f"stopped by a signal; {left_by_a_stop()}", 128 + stopped.number)
    except CannotRun as error:
        code = _failed(str(error), 2)
    except RecursionError:
        code = _failed("what it was given is nested too deeply to be read", 2)
    except OSError as error:
        code = _failed(f"{error.filename or 'a file'}: {error.strerror or error}", 2)
    except Exception as error:
        # Typer's own errors have no common type that all its versions export.
        if not hasattr(error, "format_message"):
            raise
        code = _misused(error)
    sys.exit(code)


class _Pipe(io.FileIO):
    """A pipe whose reader may leave, as `| head` does: the rest is dropped, the verdict stays.

    A full disk is an error once: Python would raise it again when it ends, and exit with 120.
    """

    _full = False

    def write(self, data: Any, /) -> int:
        """Write, or take what nobody reads any more as written."""
        try:
            return super().write(data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and not self._full:
                self._full = True
                raise
            return memoryview(data).nbytes


def _unbroken(stream: TextIO | None) -> TextIO:
    """A stream on which no print fails when its reader leaves; the exit code is the verdict's."""
    if stream is None:  # closed by the caller (`>&-`)
        return Path(os.devnull).open("w", encoding="utf-8")
    try:
        if stream.isatty():
            return stream
        number = stream.fileno()
    except (OSError, ValueError):  # no file of the system: a test, or a notebook
        return stream
    stream.flush()
    pipe = io.BufferedWriter(_Pipe(number, "w", closefd=False))
    at_once = bool(stream.line_buffering) or getattr(stream, "write_through", False)
    return io.TextIOWrapper(pipe, line_buffering=at_once)


def _misused(error: Any) -> int:
    """What was typed cannot be meant: help after a word that needs another, else one line."""
    told, context = str(error.format_message()), getattr(error, "ctx", None)
    if type(error).__name__.startswith("NoArgs"):
        print(told)
        return 0
    # `run` is what `fieldkit guard` does without a further word.
    name = context.command_path.removesuffix(" run") if context else "fieldkit"
    for said, plainly in PLAINLY:
        told = re.sub(said, plainly, told)
    ends = " See" if told.endswith("?") else "; see"
    return _failed(f"{told.rstrip('.')}{ends} {name} --help", 2)


def _on_terminate(number: int, _: object) -> NoReturn:
    raise Stopped(number)


def _run_command(argv: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    _explained(command)
    begin()
    try:
        with command.make_context("fieldkit", list(argv) or ["--help"]) as context:
            code = int(command.invoke(context) or 0)
    except typer.Exit as ended:
        code = ended.exit_code
    sys.stdout.flush()
    return code


def _explained(group: Any) -> None:
    """In the help: no Python types and no `0<=x<=65535`; our own words say what may be given."""
    for command in getattr(group, "commands", {}).values():
        _explained(command)
        for param in command.params:
            param._get_number_range_help_str = lambda: ""
            if param.param_type_name == "argument":
                param.display_type_rich = lambda ctx: ""


def _failed(why: str, code: int) -> int:
    print("fieldkit: " + " ".join(why.split()), file=sys.stderr)
    return code
