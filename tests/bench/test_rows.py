"""The benchmark's own arithmetic, its rounds, and the file that it writes."""

from __future__ import annotations

import datetime as dt
import sys
from functools import partial

import nbformat
import pytest

from tests.bench import __main__ as bench
from tests.bench import five, report
from tests.bench.figures import marginal, ratio, rotated, spread, verdict
from tests.bench.processes import CPU, LEFT_OUT, WALL, cost, run
from tests.bench.rows import (
    Budget,
    Contender,
    NotMeasured,
    Plan,
    Row,
    Table,
    measured,
    refused,
    row,
)

WHEN = dt.datetime(2026, 1, 5, 8, 30, tzinfo=dt.UTC)


def test_every_contender_is_first_once():
    orders = [rotated("abc", number) for number in range(4)]
    assert orders == [list("abc"), list("bca"), list("cab"), list("abc")]
    assert rotated([], 3) == []


def test_a_spread_and_a_ratio():
    assert spread([3, 1, 2]).median == 2
    found = ratio([2, 9, 4], [1, 3, 4])
    assert found.of_medians == 4 / 3
    assert (found.by_round.low, found.by_round.median, found.by_round.high) == (1, 2, 3)
    with pytest.raises(ValueError, match="shorter"):
        ratio([1, 2], [1])


def test_what_one_more_costs_leaves_out_what_is_fixed():
    assert marginal(5 + 2, 5 + 4 * 2, 4) == 2


@pytest.mark.parametrize(
    "ours, said",
    [
        ([5, 6, 7], "won"),
        ([15, 16, 17], "lost"),
        ([5, 6, 11], "even"),  # one round says the opposite
        ([9.7, 9.8, 9.9], "even"),  # too near
        ([10.1, 10.2, 30], "even"),
        ([9, 12, 30], "even"),
        ([5, 5], "open"),
    ],
)
def test_a_verdict_needs_all_rounds_and_a_difference(ours, said):
    assert verdict(ratio(ours, [10] * len(ours))) == said


def contender(name, values, order=None, **more):
    left = iter(values)

    def measure():
        if order is not None:
            order.append(name)
        value = next(left)
        if isinstance(value, Exception):
            raise value
        return {CPU: value}

    return Contender(name, measure, **more)


def row_of(*contenders, **more) -> Row:
    def prepare(plan: Plan):
        """What this row is about."""
        assert plan.folder.is_dir()
        return contenders

    return row("some", "Some row", **more)(prepare)


def test_rounds_are_interleaved_and_rotated():
    order: list[str] = []
    given = [contender("a", [1, 2], order), contender("b", [3, 4], order)]
    table = measured(row_of(*given), 2)
    assert order == ["a", "b", "b", "a"]
    assert table.seen == {"a": {CPU: [1, 2]}, "b": {CPU: [3, 4]}}
    assert table.row.about == "What this row is about."


def test_a_row_may_warm_up_and_says_how_many_rounds_it_wants():
    table = measured(row_of(contender("a", [9, 1, 2]), warm=True, rounds=2))
    assert (table.rounds, table.seen["a"][CPU]) == (2, [1, 2])


def test_whoever_fails_leaves_the_table_and_it_says_why(capsys):
    given = [contender("a", [1, KeyError("a secret place")]), refused("b", "no network")]
    table = measured(row_of(*given, contender("c", [1, 2])), 2)
    assert list(table.seen) == ["c"]
    assert table.missing == {"a": "failed with KeyError", "b": "no network"}
    assert "a secret place" in capsys.readouterr().err
    assert "Not measured: b: no network." in report.shown(table)


def test_a_command_that_fails_is_told_without_its_path(capsys):
    with pytest.raises(
        NotMeasured, match=r"^`python\S* -c raise SystemExit\(3\)` ended with .* 3$"
    ):
        run([sys.executable, "-c", "raise SystemExit(3)"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not count a child's CPU for us")
def test_the_cost_of_a_process_is_that_of_its_whole_tree():
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    found = cost(partial(run, [sys.executable, "-c", child]))
    assert found[CPU] >= 0.3
    assert found[WALL] >= 0.3


def table_of(ours, theirs, budget=2.0) -> Table:
    promised = (Budget(CPU, median=budget),)
    given = [
        contender("them", theirs),
        contender("ours: us", ours, ours=True, budgets=promised),
        refused("the absent", "no network"),
    ]
    return measured(row_of(*given, base="them", decides=[CPU]), len(ours))


def written(*tables, not_run=(), quick=False) -> str:
    return report.page(tables, not_run, WHEN, "0.1", quick)


def section(text: str, title: str) -> str:
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_what_is_won_and_lost_follows_from_the_figures():
    won, lost = table_of([1, 1, 1], [4, 5, 6]), table_of([9, 9, 9], [4, 5, 6])
    line = "| us   | them    | CPU s |  0.20 | 0.20 (0.17–0.25) |"
    assert line in section(written(won), "What we win")
    assert line not in section(written(won), "What we lose")
    assert "Nothing that these rounds show" in section(written(won), "What we lose")
    assert "1.80 (1.50–2.25)" in section(written(lost), "What we lose")
    assert "9.00 (≤ 2)" in section(written(lost), "What we lose")
    assert "1.00 (≤ 2)" in section(written(won), "Promised and kept")
    assert "## Even" not in written(won, lost)
    assert "0.20" in section(written(table_of([1, 1], [5, 5])), "Too few rounds to say")


@pytest.mark.parametrize("ours, kept", [([1, 2, 3], "kept"), ([3, 4, 5], "MISSED")])
def test_a_promise_may_be_a_share_of_anothers_cost(ours, kept):
    promised = (Budget(CPU, median=0.5, of="them"),)
    given = [contender("them", [4, 5, 6]), contender("us", ours, ours=True, budgets=promised)]
    (line,) = report.budgets([measured(row_of(*given, base="them"), 3)])
    assert line[1] == f"{CPU}, times them" and line[-1] == kept


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans are nobody's")
def test_what_an_orphan_burnt_is_counted():
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    assert cost(partial(run, [sys.executable, "-c", leave], env={}))[CPU] >= 0.3


def test_the_file_holds_what_was_run_and_nothing_else():
    text = written(table_of([1, 2, 3], [2, 4, 6]), not_run=["The others"])
    assert "**Measured** 2026-01-05 08:30 UTC, with a load of 0.1" in text
    assert "3 interleaved rounds; ratios are to *them*." in text
    assert "| ours: us |   2.00 | 1.00–3.00 |  0.50 | 0.50 (0.50–0.50) |" in text
    assert "Not measured: the absent: no network." in text
    assert "Not run this time: The others." in text
    assert "{" not in text and "\n\n\n" not in text and text.endswith("here.\n")


def test_a_quick_run_says_so():
    assert "A quick run" in written(table_of([1], [2]), quick=True)
    assert "A quick run" not in written(table_of([1], [2]))


def test_the_rows_name_contenders_that_there_are():
    assert list(bench.ROWS) == [one.name for one in bench.ROWS.values()]
    for one in bench.ROWS.values():
        assert one.about, one.name
        assert len(one.title) < 60


@pytest.fixture
def target(tmp_path, monkeypatch):
    for name in LEFT_OUT:  # a run of the benchmarks forgets them; the tests after it need them
        monkeypatch.delenv(name, raising=False)
    tiny = row_of(Contender("a", lambda: {CPU: 1.0}, ours=True))
    monkeypatch.setattr(bench, "ROWS", {"some": tiny, "other": tiny})
    monkeypatch.setattr(report, "TARGET", tmp_path / "benchmarks.md")
    return tmp_path / "benchmarks.md"


@pytest.mark.parametrize(
    "argv, writes",
    [
        ([], True),
        (["--rounds", "7"], True),
        (["--rounds", "2"], False),
        (["--quick"], False),
        (["--only", "some"], False),
        (["--only", "some", "--write"], True),
    ],
)
def test_only_a_full_run_writes_unless_asked(target, argv, writes, capsys):
    assert bench.main(argv) == 0
    assert target.exists() == writes


def test_one_of_ours_that_fails_is_no_success(target, monkeypatch, capsys):
    broken = row_of(contender("a", [ValueError()], ours=True))
    monkeypatch.setattr(bench, "ROWS", {"some": broken})
    assert bench.main(["--rounds", "1"]) == 1


@pytest.mark.parametrize("task", five.FIVE, ids=lambda task: task.name)
def test_the_five_answers_are_right_and_their_starters_are_not(task):
    space: dict[str, object] = {}
    exec(task.answer, space)
    for line in task.asserts:
        exec(line, space)
    space[task.name] = lambda _: None
    with pytest.raises(AssertionError):
        exec(task.asserts[0], space)


@pytest.mark.parametrize("cells", [five.plain, five.for_nbgrader, five.for_otter, five.ours])
def test_every_form_of_the_five_is_a_notebook_with_all_answers(cells, tmp_path):
    five.write(tmp_path / "a" / "five.ipynb", cells())
    page = nbformat.read(tmp_path / "a" / "five.ipynb", as_version=4)
    nbformat.validate(page)
    for task in five.FIVE:
        assert sum(task.answer in cell.source for cell in page.cells) == 1
