"""A report as Markdown, as GitHub shows it beside a job: appended to a file, short."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fieldkit.report.report import MARKS, Problem, Report, Section, Table

ROWS = 40  # of a table; the other forms have all
LONGEST = 200_000  # characters; GitHub drops a step's summary of more than one MiB
MARKUP = re.compile(r"([\\`*_\[\]|~#$])")
ITEM = re.compile(r"(\d+)([.)])( |$)")


def to_summary(report: Report) -> str:
    """The report as Markdown: findings open, sections folded, details left to the other forms."""
    lines: list[str] = []
    for block in _blocks(report):
        if len("\n".join([*lines, *block])) > LONGEST:
            lines += ["The rest is left out here: it is too long. The other reports have all.", ""]
            break
        lines += block
    return "\n".join(lines) + "\n"


def append(path: Path, text: str) -> None:
    """Add a report to what other steps have written into the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _blocks(report: Report) -> Iterator[list[str]]:
    header = report.header
    title = f"{header.maker if header else 'fieldkit'} {report.instrument}: {report.verdict}"
    yield [f"### {MARKS[report.status]} {_text(title)}", "", _text(report.summary), ""]
    if header:
        yield [_text(header.line(report.instrument)), "", f"Again: {_code(header.again)}", ""]
    for finding in report.findings:
        yield _finding(finding)
    for section in report.sections:
        if not section.detail:
            yield _section(section)
    if report.warnings:
        yield ["**Warnings**", "", *_listed(report.warnings)]


def _finding(finding: Problem) -> list[str]:
    lines = [f"**{_text(finding.title)}**", "", *_listed(finding.evidence)]
    for table in finding.tables:
        lines += _grid(table)
    return lines + (["What to do:", "", *_listed(finding.advice)] if finding.advice else [])


def _section(section: Section) -> list[str]:
    told = (*section.lines, *(figure.alt for figure in section.figures))
    title = html.escape(" ".join(section.title.split()))
    lines = [f"<details><summary>{title}</summary>", "", *_listed(told)]
    for table in section.tables:
        lines += _grid(table)
    return [*lines, "</details>", ""]


def _listed(lines: Sequence[str]) -> list[str]:
    """Lines as a list; those that are numbered keep their numbers."""
    found = []
    for line in lines:
        number, dot, rest = line.partition(". ")
        numbered = bool(dot) and number.isdigit()
        found.append(f"{number}. {_text(rest)}" if numbered else f"- {_text(line)}")
    return [*found, ""] if found else []


def _grid(table: Table) -> list[str]:
    numbers = [table.is_number(column) for column in range(len(table.columns))]
    rows = [
        [_text(table.shown(row, column)) for column in range(len(table.columns))]
        for row in range(min(len(table.rows), ROWS))
    ]
    lines = [f"{_text(table.title)}", ""] if table.title else []
    lines += [_row([_text(column) for column in table.columns])]
    lines += [_row(["---:" if number else "---" for number in numbers]), *map(_row, rows)]
    more = len(table.rows) - ROWS
    return [*lines, "", *[f"and {more:,} more rows.", ""] * (more > 0)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(value: str) -> str:
    """One line of text that Markdown shows as it is, whatever the data hold."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    shown = html.escape(MARKUP.sub(r"\\\1", plain), quote=False)
    # At the start of a line these would begin a list or a heading.
    shown = ITEM.sub(r"\1\\\2\3", shown, count=1) if ITEM.match(shown) else shown
    return f"\\{shown}" if shown[:1] in ("-", "+", "=") else shown


def _code(value: str) -> str:
    """A command in a code span: its fence is longer than any run of backticks in it."""
    plain = " ".join(value.split())
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", plain)), default=0))
    space = " " * ("`" in plain)
    return f"{fence}{space}{plain}{space}{fence}"
