"""The mutants of an exercise's right answers, whatever they are written in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.mutants import documents, python, sql
from tests.mutants.edits import Edit, Mutant, different
from workbook.catalog import Exercise


def mutants(exercise: Exercise) -> list[Mutant]:
    """All mutants of the reference and the other right answers, in the order of their places."""
    found: list[Mutant] = []
    for section in exercise.sections:
        if section.kind != "wrong":
            edits = sorted(edits_of(section.text), key=lambda edit: (edit.start, edit.end))
            found += different(exercise.id, section.name, section.text, edits)
    return found


def edits_of(text: str) -> Iterator[Edit]:
    """The edits of an answer: of the text that it registers, else of its Python."""
    registered = _registered(text)
    if registered is None:
        yield from python.edits(text)
    else:
        start, end = registered
        yield from (edit.moved(start) for edit in text_edits(text[start:end]))


def text_edits(text: str) -> Iterator[Edit]:
    """The edits of SQL, YAML or Markdown, whichever the text is."""
    if sql.is_sql(text):
        yield from sql.edits(text)
    elif documents.is_yaml(text):
        yield from documents.yaml_edits(text)
    else:
        yield from documents.markdown_edits(text)


def _registered(text: str) -> tuple[int, int] | None:
    """Where the text stands that a `lab.exercise(id, text)` registers; None for a function."""
    source = python.Source(text)
    for call in source.nodes(ast.Call):
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if len(given) == 2 and getattr(call.func, "attr", "") == "exercise":
            start, end = source.span(given[1])
            quote = 3 if text[start : start + 3] in ('"""', "'''") else 1
            return start + quote, end - quote
    return None
