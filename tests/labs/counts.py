"""What stands for each exercise's verdicts, counted: `python -m tests.labs.counts [--write]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.labs import promises
from tests.labs.test_contracts import EXERCISES, _planted
from tests.mutants.equivalents import kept

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
HEAD = (
    "| step | exercise | sentences | not judged | cases | right answers | wrong answers "
    "| right, held out | wrong, held out | equivalents |"
)


def row(exercise, case_names):
    """An exercise's line of the table."""
    told, rows = promises.promises(exercise), promises.table(exercise)
    cells = [
        exercise.lab.step,
        f"`{exercise.id}`",
        len(told),
        sum(_is_left_free(sentence, rows) for sentence in told),
        len(case_names),
        *_answers(exercise),
        sum(one.exercise == exercise.id for one in kept(exercise.lab.id)),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _is_left_free(sentence, rows):
    """Whether nothing of it is tried."""
    found = [name for fragment, names in rows if fragment in sentence for name in names]
    return all(name.startswith(promises.LEFT_FREE) for name in found)


def _answers(exercise):
    """Right and wrong ones: the lab's own, then those held out."""
    own, everything = exercise.sections, _planted(exercise)
    for sections in (own, everything[len(own) :]):
        wrong = sum(section.kind == "wrong" for section in sections)
        yield from (len(sections) - wrong, wrong)


def table():
    """The whole table, as the page has it."""
    rule = "|---|---|" + "---:|" * (HEAD.count("|") - 3)
    rows = [row(exercise, promises.case_names(exercise)) for exercise in EXERCISES]
    return "\n".join([HEAD, rule, *rows])


def written(page, counted):
    """The page with the table in place of the one that stands there."""
    before, _, rest = page.partition(HEAD)
    lines = (HEAD + rest).splitlines(keepends=True)
    after = "".join(lines[next(n for n, line in enumerate(lines) if line[0] != "|") :])
    return f"{before}{counted}\n{after}"


def main():
    """Print the table, or with --write put it into the page."""
    if sys.argv[1:] == ["--write"]:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(page, table()), encoding="utf-8")
    elif sys.argv[1:]:
        sys.exit("usage: python -m tests.labs.counts [--write]")
    else:
        print(table())


if __name__ == "__main__":
    main()
