"""Results as CSV, JUnit and a summary in Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from classroom import rows
from classroom.policy import Policy
from classroom.rows import Graded, Row
from workbook import catalog

COLUMNS = (
    "class,learner,source,status,step,exercise,core,verdict,first_finding,help,same_as,"
    "attempts,hints,minutes,seconds,isolation,note"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_csv(room: str, graded: Sequence[Row]) -> str:
    """A line for each learner and exercise; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS.split(","))
    for row in graded:
        for one in row.exercises:
            writer.writerow(map(_cell, _values(room, row, one)))
    return text.getvalue()


def _values(room: str, row: Row, one: Graded) -> list[object]:
    alike = one.same_as if isinstance(one.same_as, str) else " ".join(one.same_as or ())
    about = [room, row.learner, row.source, row.status, one.step, one.id]
    came = ["yes" if one.core else "no", one.verdict, one.first_finding, one.help, alike]
    spent = [one.attempts, one.hints, one.minutes, one.seconds, row.isolation]
    return [*about, *came, *spent, _notes(row, one)]


def _notes(row: Row, one: Graded) -> str:
    return " · ".join(dict.fromkeys(filter(None, [one.note, *row.notes])))


def _cell(value: object) -> str:
    text = " ".join(str(value).split(" "))
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_junit(graded: Sequence[Row], policy: Policy) -> str:
    """A suite for each learner, a case for each exercise."""
    root = ElementTree.Element("testsuites", name="workbook")
    for row in graded:
        suite = ElementTree.SubElement(root, "testsuite", name=_xml(row.learner))
        counts = dict.fromkeys(("failure", "error", "skipped"), 0)
        for one in row.exercises:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"step{one.step}",
                name=one.id,
                time=f"{one.seconds:.2f}",
            )
            kind = _kind(one, policy)
            if kind:
                counts[kind] += 1
                told = ElementTree.SubElement(case, kind, message=_xml(_message(one)))
                told.text = _xml("\n".join(_lines(one)))
        for name, key in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(counts[key]))
        suite.set("tests", str(len(row.exercises)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _kind(one: Graded, policy: Policy) -> str:
    """failure, error or skipped; "" for a pass."""
    if one.verdict in (rows.NOT_JUDGED, rows.UNREADABLE):
        return "error"
    if one.passed:
        return "failure" if policy.wants(one) and not policy.met_by(one) else ""
    if one.verdict in (rows.NOT_YET, rows.NOT_HANDED_IN):
        return "failure" if policy.wants(one) else "skipped"
    return "failure"


def _message(one: Graded) -> str:
    found = words(one)
    return f"{one.shown}: {found['message']}" if found else f"{one.shown}: {one.note}".strip(": ")


def _lines(one: Graded) -> Iterator[str]:
    found = words(one)
    if found:
        yield f"observed: {one.observed}"
        yield f"expected: {found['expected']}"
        yield f"look at: {found['look']}"
    if one.note:
        yield one.note


def words(one: Graded) -> dict[str, str]:
    """What the lab says of an exercise's first finding; {} where there is none."""
    if not one.first_finding:
        return {}
    return dict(catalog.find(one.id).lab.findings.get(one.first_finding, {}))


def _xml(text: str) -> str:
    return _NO_XML.sub("?", text)


def as_markdown(graded: Sequence[Row], policy: Policy) -> str:
    """A summary for a job's page: a line for each learner, findings where there is only one."""
    lines = ["### Workbook", ""]
    lines += [policy.told(graded), ""] if policy.required else []
    if len(graded) == 1:
        lines += [
            "| exercise | verdict | what is wrong | observed | look at |",
            "|---|---|---|---|---|",
        ]
        told = [
            e for e in graded[0].exercises if e.verdict != rows.NOT_HANDED_IN or policy.wants(e)
        ]
        lines += [_one_exercise(one, policy) for one in told]
        left = len(graded[0].exercises) - len(told)
        lines += ["", f"Not handed in and not required: {left}"] * bool(left)
    else:
        lines += ["| learner | status | passed | first open |", "|---|---|---|---|"]
        for row in graded:
            passed = sum(one.passed for one in row.exercises)
            first = next((f"{o.id}: {o.verdict}" for o in row.exercises if not o.passed), "")
            cells = [row.learner, row.status, f"{passed} of {len(row.exercises)}", first]
            lines.append(f"| {' | '.join(map(_md, cells))} |")
    return "\n".join([*lines, ""])


def _one_exercise(one: Graded, policy: Policy) -> str:
    """A line of the summary; what is required is bold."""
    found = words(one)
    name = f"**{_md(one.id)}**" if policy.wants(one) else _md(one.id)
    told = [one.shown, found.get("message", ""), one.observed or one.note, found.get("look", "")]
    return f"| {' | '.join([name, *map(_md, told)])} |"


def _md(text: str) -> str:
    told = re.sub(r"([\\|`*_<>\[\]&])", r"\\\1", " ".join(text.split()))
    return told or " "
