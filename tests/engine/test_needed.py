"""Which cells of a page run for an answer: those that bind what it uses, and no others."""

from __future__ import annotations

import pytest

from workbook import needed, open_lab
from workbook.session import Cell

OPENING = "from workbook import open_lab\nlab = open_lab('step', seed=seed)"


def page(*sources):
    cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in ("seed = 7", OPENING)]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    cells += [{"cell_type": "code", "source": source, "metadata": {}} for source in sources]
    return {"cells": cells}


def chosen(*sources, answer=None, given=()):
    """The cells beyond the set-up that the answer, by default the last one, needs; from 1 on."""
    found = needed.read(page(*sources))
    number = (answer or len(sources)) + 2
    cells = needed.cells(found, [number], lambda exercise: dict(given).get(exercise, ()))
    assert [one.number for one in cells[:2]] == [1, 2]
    return [one.number - 2 for one in cells[2:]]


def texts(*sources):
    """What runs of the cells beyond the set-up, for an answer in the last of them."""
    found = needed.cells(needed.read(page(*sources)), [len(sources) + 2], lambda _: ())
    return [one.source for one in found[2:]]


ANSWER = '@lab.exercise("x")\ndef answer(con, batch):\n    return {}\n'


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["import time; time.sleep(99)", ANSWER.format("batch")], [2]),
        (["LIMIT = 3", "other = 1", ANSWER.format("LIMIT")], [1, 3]),
        (["import re", "def f(t):\n    return re.sub(t, t, t)", ANSWER.format("f(1)")], [1, 2, 3]),
        (["LIMIT = 1", "LIMIT = 2", ANSWER.format("LIMIT")], [2, 3]),
        (["LIMIT = 1", "LIMIT += 1", ANSWER.format("LIMIT")], [1, 2, 3]),
        (["n = {}", "n['a'] = 1", "n.update(b=2)", "print(n)", ANSWER.format("n")], [1, 2, 3, 5]),
        (["con = 1", "batch = slow()", ANSWER.format("[con for con in batch]")], [3]),
        (["from os.path import *", ANSWER.format("join('a')")], [1, 2]),
        (["if True:\n    with open('f') as f:\n        rules = f", ANSWER.format("rules")], [1, 2]),
        (["def f(", ANSWER.format("f")], [2]),
        (["%matplotlib inline", "%%time\nLIMIT = 1", ANSWER.format("LIMIT")], [2, 3]),
        (["class Base: pass", '@lab.exercise("x")\nclass Breaker(Base): pass'], [1, 2]),
        (["LIMIT = 1", ANSWER.format("(LIMIT := 2)")], [2]),
        (["LIMIT = 1", '@lab.exercise("x")\ndef answer(a=LIMIT):\n    pass'], [1, 2]),
        (["def set_up():\n    global LIMIT\n    LIMIT = 1", ANSWER.format("LIMIT")], [1, 2]),
        (["lab.check('y')", "lab.hint('x')", ANSWER.format("lab")], [3]),
    ],
)  # fmt: skip
def test_the_cells_that_an_answer_needs(sources, expected):
    assert chosen(*sources) == expected


PANDAS = "import pandas as pd"
USES = ANSWER.format("pd")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([f"{PANDAS}\nslow = read_csv('x')", USES], [PANDAS, USES]),
        (["import math as pd\nslow = [pd.sqrt(n) for n in seen()]", USES],
         ["import math as pd", USES]),
        ([f"{PANDAS}\n@lab.exercise('y')\ndef f(x: pd.DataFrame):\n    return pd.concat(x)", USES],
         [PANDAS, USES]),
        ([f'"""Text."""\nimport re\n{PANDAS}', USES], [PANDAS, USES]),
        (["from a import b as pd, c", USES], ["from a import b as pd, c", USES]),
        (["import os.path\nimport os\nx = 1", ANSWER.format("os")],
         ["import os.path\nimport os", ANSWER.format("os")]),
        ([f"{PANDAS}\nx = 1", f"{PANDAS}\n{USES}"], [f"{PANDAS}\n{USES}"]),
        (["n = slow()", "n = 1\n" + ANSWER.format("n")], ["n = 1\n" + ANSWER.format("n")]),
        ([ANSWER.format("1"), ANSWER.format("2")], [ANSWER.format("2")]),
    ],
)  # fmt: skip
def test_of_a_cell_that_is_needed_for_an_import_the_import_alone(sources, expected):
    assert texts(*sources) == expected


@pytest.mark.parametrize(
    "first",
    [
        f"{PANDAS}\npd.set_option('x', 1)",
        f"{PANDAS}\npd.options.x = 1",
        f"{PANDAS}\nconfigure(pd)",
        f"{PANDAS}\nwas = pd.get_option('x')",
        f"{PANDAS}\nfrom pandas import options\noptions.x = 1",
        f"{PANDAS}\ndef set_up():\n    pd.set_option('x', 1)\nset_up()",
        f"{PANDAS}\nconfigure(module=pd)",
        f"import sys\nsys.path.append('lib')\n{PANDAS}",
        f"try:\n    {PANDAS}\nexcept ImportError:\n    import polars as pd",
        f"{PANDAS}\nif new:\n    import polars as pd",
        f"{PANDAS}\npd = patched(pd)",
    ],
)
@pytest.mark.parametrize("own", ["", f"{PANDAS}\n"], ids=["taken over", "imported again"])
def test_what_a_cell_does_to_a_module_counts_for_all_that_import_it(first, own):
    assert texts(first, own + USES) == [first, own + USES]


def test_a_name_that_a_cell_uses_before_it_binds_it_comes_from_before():
    assert chosen("n = 1", "m = n\nn = 2\n" + ANSWER.format("n")) == [1, 2]
    assert chosen("n = 1", "if m:\n    n = 2\n" + ANSWER.format("n")) == [1, 2]


@pytest.mark.parametrize(
    ("ran", "cells", "may"),
    [
        (["a = 1"], ["a = 1", "b = a"], True),
        (["x = 1"], ["a = 1", "b = a"], True),
        (["a = 2"], ["a = 1", "b = a"], False),
        (["a = 2"], ["b = a"], False),
        (["import a"], ["b = a"], True),
        (["b = a"], ["a = 1", "b = a"], False),
        (["b = 3"], ["a = 1", "b = 3"], True),
        ([], ["a = 1"], True),
    ],
)
def test_names_decide_what_may_run_where_another_answers_cells_ran(ran, cells, may):
    cells, ran = ([Cell(source, source) for source in one] for one in (cells, ran))
    assert needed.can_follow(cells, ran) is may


def test_a_helper_may_stand_below():
    assert chosen(ANSWER.format("clean()"), "def clean(): pass", "x = 1", answer=1) == [1, 2]


def test_another_exercises_answer_is_a_cell_like_others():
    load = '@lab.exercise("load")\ndef load_day(con): pass'
    assert chosen(load, "load_day(1)", ANSWER.format("load_day(con)")) == [1, 3]


def test_where_the_page_continues_from_an_exercise_that_cell_brings_its_names():
    load = '@lab.exercise("load")\ndef load_day(con): pass'
    sources = load, 'lab.continue_from("load")', ANSWER.format("load_day(con)")
    given = {"load": ["load_day"]}
    assert chosen(*sources, given=given) == [2, 3]
    (one,) = [one for one in needed.read(page(*sources)) if one.continues]
    assert one.continues == {"load"}


def test_a_script_has_of_other_answers_what_its_own_uses():
    slow = "import slow, time\n\n@lab.exercise('a')\ndef validate(rows): return slow.of(rows)"
    retry = "@lab.exercise('b')\ndef retry(fn): return fn()"
    last = "@lab.exercise('c')\ndef ingest(http):\n    time.sleep(1)\n    return retry(http)"
    assert needed.of_last([slow, retry, last]) == ["import slow, time", retry, last]
    calls = last.replace("retry(http)", "validate(retry(http))")
    assert needed.of_last([slow, retry, calls]) == [slow, retry, calls]
    assert needed.of_last([slow, "- not: python", last]) == [slow, "- not: python", last]


def test_the_job_that_shipped_imports_nothing_that_it_never_calls():
    shipped = open_lab("step2_failure").text("ingest", starter=True)
    assert "def ingest(" in shipped and "great_expectations" not in shipped


def test_deep_nesting_is_a_cell_that_does_not_read():
    assert needed.cell_read(1, "x = " + "(" * 5_000 + ")" * 5_000) is None
    assert needed.cell_read(1, "x = " + "-" * 50_000 + "1") is None
