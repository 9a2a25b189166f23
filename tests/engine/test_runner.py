"""Pages and answers that run in processes of their own, and end whatever they do."""

import json
from dataclasses import replace

import pytest

from workbook import catalog, judge, outside, runner, session, submission
from workbook.errors import PageError, UsageError, WorkbookError
from workbook.results import Verdict
from workbook.workspace import Workspace

PARAMETERS = 'seed: int = 7  # which world\nmode: str = "learner"  # whose answers'
DEFINED = '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    {}\n'
SWALLOW = (
    "while True:\n        try:\n            while True: pass\n        except BaseException: pass"
)
TASK = catalog.find("load-day")


def page(path, *cells, tags=("parameters",), minor=5):
    """Write a notebook whose first code cell holds the parameters."""
    made = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
        | {"execution_count": None, "id": f"cell-{number}"}
        for number, source in enumerate((PARAMETERS, *cells), 1)
    ]
    made[0]["metadata"] = {"tags": list(tags)}
    if minor < 5:
        made = [{k: v for k, v in cell.items() if k != "id"} for cell in made]
    told = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """One world, and little patience."""
    monkeypatch.setattr(judge, "WORLDS", 1)
    monkeypatch.setattr(session, "MARGIN", 2.0)
    monkeypatch.setattr(session, "CELL_SECONDS", 2.0)


# -- pages


PAGES = {
    "fine": (["assert seed == 12 and mode == 'solution'"], ""),
    "raises": (["1", "raise ValueError('one\\ntwo')", "2"], "cell 3 (cell-3): ValueError: one"),
    "leaves": (["import sys; sys.exit()", "2"], "cell 2 (cell-2): SystemExit"),
    "dies": (["import os; os._exit(3)", "2"], "cell 2 (cell-2): Kernel died"),
    "loops": (["while True: pass"], "cell 2 (cell-2): a cell did not end within 4 s"),
    "floods": (["print('x' * 1_000_000)"], ""),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All the pages in one go: what happened to each, and the folder."""
    here = tmp_path_factory.mktemp("pages")
    paths = [page(here / f"{name}.ipynb", *cells) for name, (cells, _) in PAGES.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "CELL_SECONDS", 4)
        out = runner.new_folder(here / "work" / "runs")
        done = runner.run_pages(paths, out, {"seed": 12, "mode": "solution"})
    return {run.page.stem: run for run in done}


@pytest.mark.parametrize("name", PAGES)
def test_each_page_runs_and_says_where_it_stopped(runs, name):
    expected = PAGES[name][1]
    assert runs[name].stopped.startswith(expected)
    assert bool(runs[name].stopped) == bool(expected)
    assert json.loads(runs[name].output.read_text(encoding="utf-8"))["cells"]


def test_parameters_win_although_the_tag_is_lost_and_the_format_is_old(tmp_path, capfd):
    path = page(tmp_path / "old.ipynb", "assert seed == 12", tags=(), minor=4)
    assert not runner.run_pages([path], tmp_path, {"seed": 12})[0].stopped
    assert capfd.readouterr().err == ""


def test_a_cell_that_is_meant_to_raise_does_not_stop_the_page_and_the_terminal_stays_quiet(
    tmp_path, capfd
):
    cells = "1 / 0", "import os; os.system('echo LOUD; echo LOUD >&2')", "raise KeyError('late')"
    path = page(tmp_path / "meant.ipynb", *cells)
    told = json.loads(path.read_text())
    told["cells"][1]["metadata"]["tags"] = ["raises-exception"]
    path.write_text(json.dumps(told))
    (run,) = runner.run_pages([path], runner.new_folder(tmp_path / "runs"), {"seed": 1})
    assert run.stopped == "cell 4 (cell-4): KeyError: 'late'"
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_page_is_refused_before_anything_runs(tmp_path):
    fine = page(tmp_path / "fine.ipynb")
    broken = tmp_path / "broken.ipynb"
    broken.write_text(fine.read_text()[:-40])
    with pytest.raises(PageError, match="half saved"):
        runner.run_pages([fine, broken], tmp_path / "out", {})
    assert not (tmp_path / "out").exists()


def test_each_run_has_a_folder_of_its_own(tmp_path):
    runs = Workspace(tmp_path / "new").runs
    assert len({runner.new_folder(runs) for _ in range(3)}) == 3
    (tmp_path / "file").write_text("")
    for taken in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(WorkbookError):
            runner.new_folder(taken)


def test_parameters_have_the_pages_names_and_types():
    given = {"seed": "12", "orders_per_day": "50", "mode": "solution"}
    typed = {"seed": 12, "orders_per_day": 50, "mode": "solution"}
    assert runner.accepted(TASK.lab, given) == typed
    with pytest.raises(UsageError, match=r"'many' .* orders_per_day: int \(size of the world"):
        runner.accepted(TASK.lab, {"orders_per_day": "many"})
    with pytest.raises(UsageError, match="no parameter 'speed'; it has: seed, orders_per_day"):
        runner.accepted(TASK.lab, {"speed": "1"})


# -- answers


def judged(tmp_path, text, name="answer.py", seconds=1.0):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    exercise = replace(TASK, seconds=seconds)
    return one(exercise, submission.read(exercise, path, None, 7))


def one(exercise, given):
    (result,) = outside.judged({exercise.id: (exercise, given)})
    return result


ENDS = {
    "sys.exit before it": ("import sys\nsys.exit(1)\n" + DEFINED.format(1), "ERROR", "SystemExit"),
    "sys.exit inside": ("import sys\n" + DEFINED.format("sys.exit(1)"), "ERROR", "SystemExit: 1"),
    "os._exit before it": (
        "import os\nos._exit(1)\n" + DEFINED.format(1),
        "ERROR",
        "answer.py ended its Python process",
    ),
    "os._exit inside": ("import os\n" + DEFINED.format("os._exit(1)"), "ERROR", "ProcessDied"),
    "loop before it": (
        f"if 1:\n    {SWALLOW}\n" + DEFINED.format(1),
        "TIMED OUT",
        "come to its end",
    ),
    "loop inside": (DEFINED.format(SWALLOW), "TIMED OUT", "was stopped after 1 s"),
    "input before it": ("name = input()\n" + DEFINED.format(1), "ERROR", "EOFError"),
    "no Python": ("def load_day(con, day\n", "ERROR", "'(' was never closed at line 1: def load"),
    "null byte": (DEFINED.format("'\x00'"), "ERROR", "SyntaxError"),
    "other name": ("def load(con, day):\n    pass\n", "NOT YET", "does not define load_day"),
    "empty": ("", "NOT YET", "does not define load_day"),
}


@pytest.mark.parametrize("name", ENDS)
def test_an_answer_ends_with_a_verdict_whatever_it_does(tmp_path, name):
    text, verdict, note = ENDS[name]
    result = judged(tmp_path, text)
    assert (result.verdict, note in result.note) == (verdict, True), result
    assert "\n" not in result.note


def test_a_bare_function_is_judged_and_a_megabyte_of_output_changes_nothing(tmp_path):
    bare = TASK.reference.text.replace('@lab.exercise("load-day")\n', "")
    result = judged(tmp_path, "print('x' * 1_000_000)\n" + bare, seconds=10)
    assert result.verdict is Verdict.PASSED
    assert result.cases


def test_the_incidents_code_is_not_yet_an_answer(tmp_path):
    starter = submission.starter(TASK).source
    assert judged(tmp_path, "# mine\n" + starter).verdict is Verdict.NOT_YET


def test_a_page_that_asks_for_the_solution_is_judged_by_its_own_cells(tmp_path):
    cells = [
        'from workbook import open_lab\nlab = open_lab("step4_state", seed=seed, mode="solution")',
        DEFINED.format("raise KeyError(seed)"),
        'lab.continue_from("load-day")',
    ]
    given = submission.read(TASK, page(tmp_path / "sly.ipynb", *cells), 12, 7)
    result = one(TASK, given)
    assert (result.verdict, given.seed) == (Verdict.ERROR, 12)
    assert "KeyError: 12" in result.note


def test_a_text_answer_is_found_where_it_stands():
    for source in ('lab.exercise("task", "select 1")', 'lab.exercise("task", text="select 1")'):
        assert submission.text_in(source, "task") == "select 1"
        assert submission.text_in(source, "other") == ""
    assert submission.text_in('lab.exercise("task", f"select {1}")', "task") == ""


@pytest.mark.parametrize("name", ["answer.sql", "answer.txt", "answer", "answer.PDF"])
def test_a_file_of_another_kind_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"the answer to load-day is a \.py file, or an \.ipynb"):
        judged(tmp_path, "select 1", name)
