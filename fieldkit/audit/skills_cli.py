"""The command line of `fieldkit skills`: init, render, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldkit.errors import CannotRun
from fieldkit.options import Evidence, Summary, writable, written

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE", help="The standards.")]
HERE = Path("standards.yml")


@app.callback()
def _skills() -> None:
    """Write a team's SQL standards down once, for the gate and for every agent."""


@app.command()
def init(file: File = HERE) -> int:
    """Write a first standards.yml with all rules; never overwrites."""
    from fieldkit.audit.skills import FIRST
    from fieldkit.audit.standards import parsed

    if file.exists():
        raise CannotRun(f"{file}: is there already; name another file")
    if not file.absolute().parent.is_dir():
        raise CannotRun(f"{file}: there is no folder {file.parent}; make it first")
    file.write_text(FIRST, encoding="utf-8")
    count = len(parsed(FIRST).rules)
    print(f"{file}: {count} rules; give each its examples, then: fieldkit skills check {file}")
    return 0


@app.command()
def render(
    file: File = HERE,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the documents go.")] = Path(),
) -> int:
    """Write SKILL.md, AGENTS.md and Copilot instructions from one file."""
    from fieldkit.audit.skills import write
    from fieldkit.audit.standards import read

    if not to.is_dir():
        raise CannotRun(f"--to {to}: is not a folder; make it first")
    for name in write(read(file), to):
        print((to / name).as_posix())
    return 0


@app.command()
def check(
    file: File = HERE,
    catalog: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Partitions, bytes, grains.")
    ] = None,
    evidence: Evidence = None,
    summary: Summary = None,
) -> int:
    """Try every example: bad ones are found, good ones are not.

    Exit code 0: all do; 1: one does not; 2: the file cannot be read.
    """
    from fieldkit.audit import catalog as catalogs
    from fieldkit.audit.skills import check_report, problems, without_examples
    from fieldkit.audit.standards import read

    outputs = writable(file, catalog, evidence=evidence, summary=summary)

    known = catalogs.read(catalog) if catalog else catalogs.NOTHING_KNOWN
    standards = read(file)
    bare = without_examples(standards)
    found = [one for one in problems(standards, known) if one.rule not in bare]
    for one in found:
        print(f"{one.rule or file.name}: {one.says}")
    if bare:
        print(f"without examples yet: {', '.join(bare)}")
    print(f"{len(standards.rules)} rules, {len(found)} problems")
    written(check_report(file, standards, found), outputs)
    return 1 if found else 0


@app.command()
def linters(
    file: File = HERE,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path(),
    dialect: Annotated[str, typer.Option(metavar="NAME", help="sqlfluff's dialect.")] = "duckdb",
) -> int:
    """Write configuration of sqlfluff and dbt-bouncer.

    For the rules that they have; of each rule it says who checks it.
    """
    from fieldkit.audit.cli import DIALECTS
    from fieldkit.audit.linters import told, write
    from fieldkit.audit.standards import read

    if not to.is_dir():
        raise CannotRun(f"--to {to}: is not a folder; make it first")
    if dialect not in DIALECTS:
        raise CannotRun(f"--dialect {dialect}: is not known; there is {', '.join(DIALECTS)}")
    standards = read(file)
    for name in write(standards, to, dialect):
        print((to / name).as_posix())
    for line in told(standards):
        print(line)
    return 0
