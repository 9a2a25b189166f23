"""One report for all instruments: a small data model, shown as text, JSON, JUnit XML and HTML."""

from __future__ import annotations

import io
import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fieldkit.report.words import duration
from fieldkit.report.wrapping import column_widths, columns_of, wrapped

SCHEMA = "fieldkit.report.report/1"
WIDTH = 80
INDENT, GAP = 2, 2  # columns before a table, and between two of its columns
NUMBER = re.compile(r"[-−]?\$?[\d,]+(\.\d+)?( ?%| h)?")
RANGE = re.compile(rf"{NUMBER.pattern}( to {NUMBER.pattern})?")
MINUS = re.compile(r"(?<!\S)-(?=[$\d])")
MOSTLY = 0.8  # of its cells, for a column of numbers
MARKS = {"good": "✓", "bad": "✗", "unsure": "!"}


@dataclass(frozen=True)
class Table:
    """Columns and rows of text; `bad`: the numbers of rows that are marked as failing."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    bad: frozenset[int] = frozenset()

    def is_number(self, column: int) -> bool:
        """Whether a column holds numbers (but for a few words), which stand to the right."""
        cells = [row[column] for row in self.rows]
        plain = [bool(NUMBER.fullmatch(cell)) for cell in cells if cell not in ("", "–", "none")]
        return bool(plain) and sum(plain) > MOSTLY * len(plain) and column > 0

    def shown(self, row: int, column: int) -> str:
        """A cell as people see it: a minus sign, and a mark where the row fails."""
        cell = self.rows[row][column]
        cell = MINUS.sub("−", cell) if RANGE.fullmatch(cell) and column else cell
        return f"✗ {cell}".rstrip() if row in self.bad and not column else cell


@dataclass(frozen=True)
class Header:
    """How a report was made; `seconds`: its duration, `again`: the command to run it again."""

    version: str
    date: str
    state: str
    seed: str
    seconds: float
    again: str
    maker: str = "fieldkit"

    def line(self, instrument: str) -> str:
        """All but the command, in one line."""
        return " · ".join(self.parts(instrument))

    def parts(self, instrument: str) -> list[str]:
        """The parts of that line."""
        parts = [f"{self.maker} {instrument} {self.version}", self.date]
        parts += [f"state {self.state}"] * bool(self.state)  # audit reads texts, not a state
        parts += [f"seed {self.seed}"] * bool(self.seed)
        parts += [f"took {duration(self.seconds)}"] * bool(self.seconds)
        return parts


@dataclass(frozen=True)
class Figure:
    """A plot: `markup` is our own SVG or image, put into the page as it is; `alt` its sentence."""

    markup: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A heading with text, figures and tables below; `detail`: too long for a terminal.

    A terminal shows a figure's sentence.
    """

    title: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    detail: bool = False
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A problem found: a sentence, the evidence for it, and what to do."""

    title: str
    evidence: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseResult:
    """One thing that was tried, for CI: `status` is passed, failed or skipped.

    `verdict`: of this case, where it is another than the report's.
    """

    group: str
    name: str
    status: str = "passed"
    message: str = ""
    seconds: float = 0.0
    verdict: str = ""


@dataclass(frozen=True)
class Report:
    """What an instrument found; `status` is good, bad or unsure, `data` its figures for JSON."""

    instrument: str
    verdict: str
    status: str
    summary: str
    exit_code: int
    findings: tuple[Problem, ...] = ()
    sections: tuple[Section, ...] = ()
    warnings: tuple[str, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    header: Header | None = None


def to_text(report: Report, width: int = WIDTH, *, color: bool = False) -> str:
    """For a terminal; without `color` there are no control characters in it."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, no_color=not color, highlight=False,
        color_system="standard" if color else None, emoji=False, markup=False,
    )  # fmt: skip
    style = {"good": "bold green", "bad": "bold red", "unsure": "bold yellow"}[report.status]
    # A filled badge where there is colour; in a file or a pipe the plain word, for grep.
    badge = f" {MARKS[report.status]} {report.verdict} " if color else f"{report.verdict}:"
    first, *more = wrapped(report.summary, width, columns_of(badge) + 1)
    start: list[Any] = [(badge, f"{style} reverse"), " "] if color else [f"{badge} "]
    _print_line(console, Text.assemble(*start, first))
    for line in more:
        _print_line(console, Text(line))
    dim = "dim" if color else ""
    if report.header:
        for told in (report.header.line(report.instrument), f"again: {report.header.again}"):
            _print_text(console, told, style=dim)
    for finding in report.findings:
        _print_block(console, finding.title, finding.evidence, finding.tables)
        _print_list(console, "What to do", finding.advice)
    for section in report.sections:
        if not section.detail:
            told_below = (*section.lines, *(figure.alt for figure in section.figures))
            _print_block(console, section.title, told_below, section.tables)
    _print_list(console, "Warnings", report.warnings)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _print_line(console: Any, line: Any, style: str = "") -> None:
    # Else rich cuts a word that is longer than the line.
    console.print(line, style=style, no_wrap=True, overflow="ignore", crop=False)


def _print_text(console: Any, text: str, first: str = "", rest: str = "", style: str = "") -> None:
    """Print a text; its first line begins with `first`, the others with as wide a `rest`."""
    for number, line in enumerate(wrapped(_printable(text), console.width - columns_of(first))):
        _print_line(console, f"{rest if number else first}{line}", style)


def _print_block(console: Any, title: str, lines: Sequence[str], tables: Sequence[Table]) -> None:
    console.print()
    _print_text(console, title, style="bold")
    for line in lines:
        _print_indented(console, line)
    for number, table in enumerate(tables):
        if lines or number:
            console.print()
        _print_grid(console, table)


def _print_list(console: Any, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(f"\n{title}", style="bold")
        for line in lines:
            _print_indented(console, line)


def _print_indented(console: Any, line: str) -> None:
    number, dot, rest = line.partition(". ")
    begin = f"  {number}. " if dot and number.isdigit() else "  "
    _print_text(console, rest if len(begin) > 2 else line, begin, " " * len(begin))


def _print_grid(console: Any, table: Table) -> None:
    from rich.padding import Padding
    from rich.table import Table as Grid

    rows = [
        [_printable(table.shown(row, column)) for column in range(len(table.columns))]
        for row in range(len(table.rows))
    ]
    names = [_printable(one) for one in table.columns]
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True)
    grid.title, grid.title_justify = _printable(table.title) or None, "left"
    room = console.width - INDENT - GAP * (len(names) - 1)
    widths = column_widths([list(cells) for cells in zip(names, *rows, strict=True)], room)
    for number, (name, wide) in enumerate(zip(names, widths, strict=True)):
        justify: Any = "right" if table.is_number(number) else "left"
        grid.add_column(name, overflow="fold", justify=justify, width=wide)
    for cells in rows:
        grid.add_row(*cells)
    width, needed = console.width, console.width + max(0, sum(widths) - room)
    console.width = needed
    console.print(Padding(grid, (0, 0, 0, INDENT)), crop=False)
    console.width = width


def _printable(text: str) -> str:
    """Replace control characters: a value from the data must not move the cursor."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def to_json(report: Report) -> str:
    """For programs; the schema is described in docs/prove.md."""
    document = {
        "schema": SCHEMA,
        "instrument": report.instrument,
        "header": vars(report.header) if report.header else None,
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "summary": report.summary,
        "findings": [
            {"title": one.title, "evidence": list(one.evidence), "advice": list(one.advice)}
            for one in report.findings
        ],
        "warnings": list(report.warnings),
        "cases": [vars(case) for case in report.cases],
        report.instrument: report.data,
    }
    return json.dumps(json_safe(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_safe(value: Any) -> Any:
    """The value with what JSON has no type for turned into text."""
    if isinstance(value, dict):
        return {str(key): json_safe(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def to_junit(report: Report) -> str:
    """One test case for each thing tried; any CI server shows it."""
    count = {
        "tests": str(len(report.cases)),
        "failures": str(sum(case.status == "failed" for case in report.cases)),
        "errors": "0",
        "skipped": str(sum(case.status == "skipped" for case in report.cases)),
        "time": f"{sum(case.seconds for case in report.cases):.3f}",
    }
    totals = {name: value for name, value in count.items() if name != "skipped"}
    root = ET.Element("testsuites", {"name": "fieldkit", **totals})
    suite = ET.SubElement(root, "testsuite", {"name": f"fieldkit.{report.instrument}", **count})
    for case in report.cases:
        group = f"fieldkit.{report.instrument}.{case.group}"
        attributes = {"classname": group, "name": _xml(case.name), "time": f"{case.seconds:.3f}"}
        element = ET.SubElement(suite, "testcase", attributes)
        if case.status == "failed":
            message = _xml(case.message)
            ET.SubElement(
                element,
                "failure",
                {"message": message.splitlines()[0], "type": case.verdict or report.verdict},
            ).text = message
        elif case.status == "skipped":
            ET.SubElement(element, "skipped", {"message": _xml(case.message)})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """Replace control characters: XML 1.0 cannot hold most of them."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text) or "-"


@cache
def _templates() -> Any:
    from jinja2 import ChoiceLoader, Environment, PackageLoader

    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("fieldkit", "report"), PackageLoader("fieldkit", "prove")]
        ),
        autoescape=lambda name: bool(name) and str(name).endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda text: " ".join(str(text).split()).replace("|", "\\|")
    environment.filters["longest"] = lambda text: max(map(len, str(text).split()), default=0)
    return environment


def render_template(template: str, **values: Any) -> str:
    """A template of this package, filled in."""
    return str(_templates().get_template(template).render(**values))


def page_of(template: Path, **values: Any) -> str:
    """A page template of somebody else's, which may include `tokens.css.jinja`, filled in."""
    source = template.read_text(encoding="utf-8")
    environment = _templates().overlay(autoescape=True)
    return str(environment.from_string(source).render(**values))


def to_html(report: Report) -> str:
    """A page of its own, light and dark, that needs nothing from elsewhere."""
    return render_template("report.html.jinja", report=report, mark=MARKS[report.status])


FORMATS: dict[str, Callable[[Report], str]] = {
    "json": to_json,
    "junit": to_junit,
    "html": to_html,
}


def write(path: Path, text: str) -> None:
    """Write a report atomically: no reader sees half of it."""
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except PermissionError:  # the file may be writable although its folder is not
        path.write_text(text, encoding="utf-8")
