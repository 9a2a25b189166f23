"""A sixth lab, one folder and one page as docs/adding-a-lab.md has them: nothing else is edited."""

from __future__ import annotations

import json
import shutil
import textwrap

import pytest

from tests.classroom.conftest import ROOT, by_learner, cheap

FILES = {
    "__init__.py": '"""Step 6: count what is known."""\n',
    "lab.toml": """
        title = "Count what is known"
        step = 6
        notebook = "06_count"
        minutes = 20
        objectives = ["Count values and not rows"]
        prerequisites = ["Python: functions"]

        [[exercises]]
        id = "count-known"
        title = "Count the values that are known"
        minutes = 10
        core = true

        [[findings]]
        id = "wrong-count"
        message = "Known values are counted wrong"
        expected = "one for each value that is known"
        cost = "the board shows another number"
        look = "the smallest list"

        [[findings]]
        id = "none-counted"
        message = "What is not known is counted"
        expected = "None does not count"
        cost = "the board shows customers that nobody has"
        look = "what does len count?"
    """,
    "world/__init__.py": '''
        """The world of step 6: lists of values."""

        import random


        class World:
            """Values from a seed."""

            def __init__(self, seed, size=20):
                self.values = [random.Random(seed * 1000 + n).randint(0, 9) for n in range(size)]
    ''',
    "checks/__init__.py": '"""The checks of step 6."""\n',
    "checks/count_known.py": '''
        """count-known: what is known is counted, and nothing else."""

        from labs.step6_count.world import World
        from workbook import Case, Finding


        def cases(answer, seed):
            """A list as it is; then with a value that is not known."""
            values = World(seed).values

            def judged(given, finding):
                count, expected = answer.call(values=given).value, sum(v is not None for v in given)
                return None if count == expected else Finding(finding, f"{count} of {expected}")

            yield Case("all known", lambda: judged(values, "wrong-count"), "wrong-count", True)
            unknown = [*values, None]
            yield Case("one unknown", lambda: judged(unknown, "none-counted"), "none-counted")
    ''',
    "answers/count_known.py": """
        # %% reference
        @lab.exercise("count-known")
        def count_known(values):
            return sum(value is not None for value in values)

        # %% other: by a list
        @lab.exercise("count-known")
        def count_known(values):
            known = [value for value in values if value is not None]
            return len(known)
    """,
    "answers/count_known.diff": """
        # %% wrong: every row counts -> none-counted
        -    return sum(value is not None for value in values)
        +    return len(values)
    """,
    "hints.md": "## count-known\n1. What is one?\n2. Look at each value.\n3. None is no value.\n",
    "facilitator.md": """
        # Step 6 for the facilitator

        | you see | ask | finding |
        |---|---|---|
        | `len(values)` | Is an empty chair a guest? | `none-counted` |
    """,
}
STARTER = '@lab.exercise("count-known")\ndef count_known(values):\n    return 0\n'


def page(answer):
    seed = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "seed: int = 7"}
    sources = [
        'from workbook import open_lab\n\nlab = open_lab("step6_count", seed=seed)',
        answer,
        'lab.check("count-known")',
    ]
    cells = [seed, *({"cell_type": "code", "metadata": {}, "source": one} for one in sources)]
    for number, cell in enumerate(cells):
        cell |= {"id": f"c{number}", "outputs": [], "execution_count": None}
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def checkout(tmp_path):
    """A checkout of the engine, without its five steps, and with a sixth."""
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "step*", "program")
    for part in ("workbook", "classroom", "fieldkit", "labs"):
        shutil.copytree(ROOT / part, copy / part, ignore=ignored)
    for name, text in FILES.items():
        path = copy / "labs/step6_count" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    (copy / "notebooks").mkdir()
    (copy / "notebooks/06_count.ipynb").write_text(page(STARTER))
    return copy


def test_it_is_judged_graded_and_drilled_without_an_edit(apart, checkout, tmp_path):
    wrong = '@lab.exercise("count-known")\ndef count_known(values):\n    return len(values)\n'
    (tmp_path / "in").mkdir()
    right = wrong.replace("len(values)", "sum(v is not None for v in values)")
    (tmp_path / "in/right.ipynb").write_text(page(right))
    (tmp_path / "in/wrong.ipynb").write_text(page(wrong))
    (tmp_path / "in/untouched.ipynb").write_text(page(STARTER))
    told = {"cwd": checkout, "PYTHONPATH": str(checkout), "WORKBOOK_HOME": str(tmp_path / "work")}
    ran = apart("grade", tmp_path / "in", "--out", tmp_path / "out", *cheap(), **told)
    assert ran.code == 0, ran.err
    graded = {row.source: row.exercises[0] for row in by_learner(tmp_path / "out").values()}
    assert {name: one.verdict for name, one in graded.items()} == {
        "right.ipynb": "PASSED",
        "wrong.ipynb": "TRY AGAIN",
        "untouched.ipynb": "NOT YET",
    }
    assert graded["wrong.ipynb"].first_finding == "none-counted"
    assert "ask: Is an empty chair a guest?" in ran.out
    drilled = apart("drill", "6", "--list", **told)
    assert drilled.out == "step6_count/count-known/every-row-counts\n"
