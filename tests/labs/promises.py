"""Which case tries which sentence: a page's promises, and the table in a check's docstring."""

from __future__ import annotations

import importlib
import re
from fnmatch import fnmatchcase

from workbook import pages
from workbook.headless import answer_of
from workbook.local import LocalAnswer

HEADING = "The page's sentence -> the cases that try it"
LEFT_FREE = "not judged: "
_BULLET = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_SENTENCE = re.compile(r"(?<=;)\s+|(?<=[.!?])\s+(?=[A-Z])")
# A paragraph is explanation; one of these words makes a sentence of it a promise.
_BINDING = re.compile(
    r"\b(must|never|always|may not|must not|cannot|nothing|neither|not one|at every|killed)\b", re.I
)


def promises(exercise):
    """The sentences that bind: every bullet of an exercise's text, and what says must or never.

    The text is what stands between the exercise's heading and its check.
    """
    return [s for cell in _text_cells(exercise) for s in _binding(cell)]


def _text_cells(exercise):
    cells, inside = pages.read(exercise.lab.page)["cells"], False
    for cell in cells:
        inside = inside or cell["source"].startswith(f"### {exercise.id} ")
        if f'lab.check("{exercise.id}")' in cell["source"]:
            return
        if inside and cell["cell_type"] == "markdown":
            yield cell["source"]


def _binding(text):
    """Bullets go on over lines that are indented; a paragraph ends at an empty line."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text)
    for block in blocks:
        if block.lstrip().startswith(("|", "#", "```", "<")):
            continue
        bullet = _BULLET.match(block)
        for sentence in _SENTENCE.split(plain(_BULLET.sub("", block))):
            if bullet or _BINDING.search(sentence):
                yield sentence


def plain(text):
    """A text without Markdown's signs and line breaks: what a reader sees."""
    return re.sub(r"[`*]", "", " ".join(text.split())).strip()


def table(exercise):
    """(fragment of a sentence, [names of cases]) of each row; None where there is no table."""
    told = _docstring(exercise)
    if HEADING not in told:
        return None
    lines = told.split(HEADING, 1)[1].splitlines()[1:]
    rows = []
    for line in _until_a_gap(lines):
        if line[:4] == "    " and line[4:5] not in ("", " "):
            rows.append(line.strip())
        else:  # a row that goes on
            rows[-1] += " " + line.strip()
    return [_row(row) for row in rows]


def _until_a_gap(lines):
    for line in lines:
        if not line.strip():
            return
        yield line


def _row(row):
    sentence, arrow, cases = row.partition(" -> ")
    assert arrow, f"a row without an arrow: {row}"
    if cases.startswith(LEFT_FREE):
        return plain(sentence), [cases]
    return plain(sentence), [name.strip() for name in cases.split(";")]


def _docstring(exercise):
    """Of the check's module; where the cases are a module of their own, it may stand there."""
    check = importlib.import_module(f"labs.{exercise.lab.id}.checks.{exercise.module}")
    home = importlib.import_module(check.cases.__module__)
    return "\n".join(filter(None, (check.__doc__, home.__doc__ if home is not check else "")))


def untold(sentences, rows):
    """The sentences of which no row quotes a part."""
    return [s for s in sentences if not any(fragment in s for fragment, _ in rows)]


def unquoted(text, rows):
    """The fragments that the page does not say: the sentence was changed, the row was not."""
    seen = plain(text)
    return [fragment for fragment, _ in rows if fragment not in seen]


def untried(rows, names):
    """(fragment, case) where no case has that name; `*` stands for any characters."""
    return [
        (fragment, wanted)
        for fragment, cases in rows
        for wanted in cases
        if not wanted.startswith(LEFT_FREE) and not any(fnmatchcase(n, wanted) for n in names)
    ]


def whole_text(exercise):
    """All text cells of an exercise, as one text."""
    return "\n\n".join(_text_cells(exercise))


def case_names(exercise):
    """The names of the cases that the reference meets on the first seed; none of them is run."""
    answer = answer_of(exercise.lab, exercise.id, exercise.reference.text)
    return [case.name for case in exercise.cases(LocalAnswer(answer, exercise.seconds), 7)]
