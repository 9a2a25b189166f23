"""The commands of the programme: `workbook checklist`, `kit`, `report`, `diagnose`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from labs.program import given
from workbook import offered
from workbook.errors import UsageError

Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as an HTML page.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def checklist(
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where reports with a seal are [work/evidence]."),
    ] = None,
    start: Annotated[
        str, typer.Option(metavar="DATE", help="The first day of your plan: 2026-12-01.")
    ] = "",
    owner: Annotated[
        list[str] | None,
        typer.Option(metavar="ITEM=NAME", help="Who does an item; repeatable."),
    ] = None,
    html: Html = None,
    as_json: AsJson = False,
) -> int:
    """Show the thirty days: six items and their evidence.

    Each is done on your own pipelines, and counts by the report that its command has left.
    Each command of fieldkit leaves evidence with `--evidence FILE`. What --start and --owner say is
    kept beside your pages. --html writes the plan with dates and owners. Exit code 0; 1 if a file
    in the folder is not evidence, or was changed.

    \b
    Examples:  workbook checklist
               workbook checklist --start 2026-12-01 --owner audit=Ada --html plan.html
    """
    from labs.program import checklist as items
    from labs.program import plan

    folder = given.evidence_folder(evidence)
    agreed = plan.agreed(given.home(), start, owner or ())
    found = items.read(folder)
    given.write(html, lambda: plan.page(found, agreed))
    plan.show(found, agreed, given.short(folder), as_json=as_json)
    return 1 if found.refused else 0


def kit(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Your repository.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are there already.")
    ] = False,
) -> int:
    """Write gates and templates for your repository.

    Files that are there already are left alone and named. Exit code 0; 1 if some were left alone.

    \b
    Example:  workbook kit ../our-warehouse
    """
    from labs.program import kit as kits

    written = kits.write(folder, force=force)
    kits.show(written, folder)
    return 1 if written.left else 0


def report(
    results: Annotated[
        Path | None, typer.Argument(metavar="[RESULTS]", help="A class's, from `workbook grade`.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(metavar="RESULTS", help="An earlier run of the same class.")
    ] = None,
    html: Html = None,
    as_json: AsJson = False,
) -> int:
    """Show the scorecard of all five steps; of a class, the director's page.

    Verdicts, attempts, help and time; what each step saved; what there is to take home. With
    RESULTS it is `workbook cohort`: did it change anything, and nobody is named.
    --html writes one page that needs nothing from elsewhere, to print or to send.

    \b
    Examples:  workbook report --html scorecard.html
               workbook report results --before results-of-day-one --html director.html
    """
    if results or before:
        if results is None or as_json:
            raise UsageError("--before goes with RESULTS, and --json with neither")
        offered.named("cohort")(results, before, html)
        return 0
    from labs.program import scorecard

    found = scorecard.read(given.home(), dt.datetime.now(dt.UTC))
    given.write(html, lambda: scorecard.page(found))
    scorecard.show(found, as_json=as_json)
    return 0


def diagnose(
    when: Annotated[
        str, typer.Argument(metavar="before|after", help="Before the steps, or after.")
    ],
    answers: Annotated[
        str, typer.Option(metavar="LETTERS", help="All answers at once, such as abcda….")
    ] = "",
    form: Annotated[
        str, typer.Option(metavar="A|B", help="Which incident; yours follows from your seed.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Take the diagnosis, before or after the steps.

    An incident across the five steps, with choices instead of essays.
    Fifteen minutes, no hints. Take it before the first page and again after the last: the second
    incident is another one. What changed is shown by the second.

    \b
    Examples:  workbook diagnose before
               workbook diagnose after
    """
    from labs.program import diagnosis

    return diagnosis.take(given.own(), when, answers, form, as_json=as_json)


COMMANDS = [checklist, kit, report, diagnose]
