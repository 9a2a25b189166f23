"""The command line: what each command prints, its exit codes, and one line for every mistake."""

import datetime as dt
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from workbook import answering, catalog, cli, judge, pages, runner
from workbook.progress import Progress
from workbook.results import Finding, Result, Verdict
from workbook.workspace import Workspace, start

ROOT = catalog.root()
COMMAND = [sys.executable, "-c", "from workbook.cli import main; main()"]
TASK = catalog.find("load-day")
ALL = len(TASK.lab.exercises)
QUICKEST = catalog.load("step3_outcome")  # its checks take a third of the others' time
REFERENCE = TASK.reference.text
WRONG = next(s for s in TASK.sections if s.kind == "wrong")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def workbook(monkeypatch, capsys):
    """Run a command here, and see what a shell would."""
    monkeypatch.setattr(judge, "WORLDS", 1)

    def run(*argv):
        monkeypatch.setattr(sys, "argv", ["workbook", *map(str, argv)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ran(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def home(tmp_path, monkeypatch, workbook):
    """A workspace that was just started."""
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "mine"))
    assert workbook("start", "--learner", "Ada").code == 0
    return Workspace(tmp_path / "mine")


def alone(*argv, home, prefix=()):
    """Run a command in a process of its own, its output through a pipe."""
    environment = os.environ | {"WORKBOOK_HOME": str(home), "FORCE_COLOR": ""}
    ran = subprocess.run(
        [*prefix, *COMMAND, *map(str, argv)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        cwd=home.parent,
        timeout=120,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def sandbox(*read_only):
    """A prefix under which these folders cannot be written, also by root."""
    bwrap = shutil.which("bwrap")
    probe = [bwrap, "--dev-bind", "/", "/", "true"]
    if not bwrap or subprocess.run(probe, capture_output=True, check=False).returncode:
        return []
    binds = (part for folder in read_only for part in ("--ro-bind", str(folder), str(folder)))
    return [bwrap, "--dev-bind", "/", "/", *binds]


def own(home):
    return home.page(TASK.lab.notebook)


def answers(page):
    """The numbers of the cells that answer the exercise."""
    return pages.answer_cells(page, TASK.id)


def written(home, change):
    """Change the learner's page, and return its new text."""
    page = pages.read(own(home))
    change(page)
    pages.write(own(home), page)
    return own(home).read_text(encoding="utf-8")


def one_line(ran, code, *parts):
    assert ran.code == code, ran
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.out == ""
    assert all(part in ran.err for part in parts), ran.err


# -- start


def test_start_makes_the_pages_and_leaves_them_alone_the_second_time(home, workbook):
    page = own(home)
    seed = home.started["seed"]
    assert f"seed: int = {seed} " in page.read_text(encoding="utf-8")
    page.write_text("mine", encoding="utf-8")
    again = workbook("start")
    assert again.code == 0
    assert f"Ada's pages, with seed {seed}" in again.out
    assert f"left alone  {page.name}" in again.out
    assert "Next:  jupyter lab" in again.out
    assert page.read_text(encoding="utf-8") == "mine"


def test_a_workspace_has_one_learner(home, workbook):
    one_line(workbook("start", "--learner", "Bob"), 2, "another learner", "workbook.toml")
    for text in ("learner = ", 'learner = "Ada"', 'learner = "Ada"\nseed = "x"\n'):
        (home.folder / "workbook.toml").write_text(text, encoding="utf-8")
        one_line(workbook("start"), 2, "workbook.toml cannot be read")


# -- run


def shortened(page, lab, text):
    """Leave of a page its set-up, and each exercise with another text in its cell, and its check:

    a whole page takes ten times as long, and tests/notebooks holds that it runs.
    """
    keep = [c for c in page["cells"] if c["source"] in pages.setup_cells(page)]
    for task in lab.exercises.values():
        cell = page["cells"][pages.answer_cells(page, task.id)[0]]
        sources = text(task, cell["source"]), f"lab.check({task.id!r})"
        keep += [cell | {"source": s, "id": f"{task.id}-{n}"} for n, s in enumerate(sources)]
    page["cells"] = keep


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """One run of a page with right answers in it; the checkout is read-only."""
    home = Workspace(tmp_path_factory.mktemp("solved") / "work")
    start(home.folder, [QUICKEST.page], "Ada", None)
    page = pages.read(home.page(QUICKEST.notebook))
    shortened(page, QUICKEST, lambda task, _: task.reference.text)
    pages.write(home.page(QUICKEST.notebook), page)
    return home, alone("run", "--lab", QUICKEST.step, home=home.folder, prefix=sandbox(ROOT))


def test_run_passes_if_every_exercise_does(solved):
    home, ran = solved
    assert (ran.code, ran.err) == (0, "")
    count = len(QUICKEST.exercises)
    assert ran.out.count("✓ PASSED") == count
    assert ran.out.endswith(f"{count} of {count} passed\n")
    (run,) = home.runs.iterdir()
    names = {path.name for path in run.iterdir()}
    assert {"progress.db", home.page(QUICKEST.notebook).name} <= names
    assert not home.progress.exists()


def test_a_scorecard_is_plain_and_narrow(solved):
    assert "\x1b" not in solved[1].out
    assert max(map(len, solved[1].out.splitlines())) <= 80


def test_each_mode_runs_its_own_pages(home, workbook, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(runner, "run_pages", lambda *given, **_: asked.append(given) or [])
    new = Workspace(tmp_path / "not" / "there")
    for folder, page in ((home, own(home)), (new, TASK.lab.page)):
        monkeypatch.setenv("WORKBOOK_HOME", str(folder.folder))
        for mode, path in (("learner", page), ("solution", TASK.lab.page)):
            ran = workbook("run", "--lab", "step4_state", "--mode", mode, "-p", "seed", "12")
            assert (ran.code, ran.err) == (1, ""), "no record, no pass"
            assert asked[-1][0] == [path]
            assert asked[-1][1].parent == folder.runs
            assert asked[-1][2] == {"mode": mode, "seed": 12}


@pytest.mark.parametrize(
    "passed, stopped, code",
    [(ALL, "", 0), (1, "", 1), (0, "", 1), (ALL, "cell 9 (end): KeyError", 1)],
)
def test_run_needs_a_record_of_each_pass_and_pages_that_end(
    passed, stopped, code, home, workbook, monkeypatch
):
    def run_pages(paths, out, parameters, **_):
        record = Progress(Workspace(out).progress)
        for number, task in enumerate(TASK.lab.exercises.values()):
            verdict = Verdict.PASSED if number < passed else Verdict.TRY_AGAIN
            record.attempt(Result(task.id, task.title, verdict), 7, "digest", 0.1)
        return [runner.PageRun(paths[0], out / "page.ipynb", stopped)]

    monkeypatch.setattr(runner, "run_pages", run_pages)
    ran = workbook("run", "--lab", "4")
    assert (ran.code, ran.err) == (code, "")
    assert f"{passed} of {ALL} passed" in ran.out
    assert (f"page.ipynb: {stopped}" in ran.out) == bool(stopped)


def test_a_page_that_stops_is_told_in_one_line_and_is_no_pass(home, workbook):
    def stop(page):
        shortened(page, TASK.lab, lambda _, starter: starter)
        number = page["cells"].index(next(c for c in page["cells"] if "open_lab(" in c["source"]))
        page["cells"][number]["source"] += "\nraise LookupError('gone')"

    written(home, stop)
    ran = workbook("run", "--lab", "4", "-p", "orders_per_day", "40")
    assert (ran.code, ran.err) == (1, "")
    (told,) = (line for line in ran.out.splitlines() if "LookupError" in line)
    assert told.endswith("(setup): LookupError: gone")
    assert "0 of " in ran.out
    assert ran.out.count("NOT YET") == len(TASK.lab.exercises), "the rest of the page runs"


def test_an_exercise_whose_check_never_came_is_not_reached(home, workbook):
    def end(page):
        number = page["cells"].index(next(c for c in page["cells"] if "open_lab(" in c["source"]))
        page["cells"][number]["source"] = "import os; os._exit(1)"

    written(home, end)
    ran = workbook("run", "--lab", "4")
    assert (ran.code, ran.err) == (1, "")
    assert "Kernel died" in ran.out
    assert ran.out.count("· NOT REACHED") == len(TASK.lab.exercises)


@pytest.mark.parametrize(
    "argv, parts",
    [
        ("-p speed 9", ["has no parameter 'speed'", "seed, orders_per_day, mode"]),
        ("-p seed many", ["'many' is not a value for seed: int (which world"]),
        ("-p seed 1.5", ["seed: int"]),
        ("-p seed", ["a value is missing"]),
        ("--mode best", ["use learner, solution or wrong:NAME"]),
        ("-p mode best", ["use learner, solution or wrong:NAME"]),
        ("--mode wrong:best", ["no wrong answer 'best'", WRONG.name]),
        ("--mode solution -p mode learner", ["twice"]),
        ("--fast", ["No such option"]),
    ],
)
def test_what_run_does_not_know_is_refused_before_anything_runs(argv, parts, home, workbook):
    one_line(workbook("run", "--lab", "4", *argv.split()), 2, *parts)
    assert not home.runs.exists()


def test_an_unknown_lab_is_refused(home, workbook):
    one_line(workbook("run", "--lab", "9"), 2, "no lab '9'", "4 (step4_state)")


# -- check


def test_check_tells_what_is_wrong(workbook, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "none"))
    file = tmp_path / "answer.py"
    file.write_text(WRONG.text, encoding="utf-8")
    ran = workbook("check", TASK.id, "--answer", file, "--seed", 12)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("✗ TRY AGAIN  load-day")
    assert f"[{WRONG.finding}]" in ran.out
    assert "workbook replay load-day --seed 12 --case " in ran.out
    copied = [line for line in ran.out.splitlines() if "workbook replay" in line]
    assert max(len(line) for line in ran.out.splitlines() if line not in copied) <= 80
    assert not (tmp_path / "none").exists()


def test_a_command_that_is_to_be_copied_stays_in_one_line(capsys):
    case = "a delivery with a name of many words, to be found again as it stands here"
    finding = Finding("f", "word " * 40, case=case)
    answering._print_result(Result("task", "t", Verdict.TRY_AGAIN, [finding]), first=True)
    told = capsys.readouterr().out
    assert f'  again     workbook replay task --seed 0 --case "{case}"\n' in told
    assert "  observed  word word" in told
    assert "\n            word word" in told


def test_the_first_check_shows_the_smallest_case_that_the_shipped_code_fails(home, workbook):
    told = workbook("check", TASK.id)
    assert told.code == 1
    assert told.out.startswith("○ NOT YET") and "observed" in told.out
    typed = next(line for line in told.out.splitlines() if "workbook replay" in line).split("again")
    again = workbook(*shlex.split(typed[1])[1:])
    assert again.code == 1
    observed = [line for line in told.out.splitlines() if line.startswith("  observed")]
    assert observed and observed == [x for x in again.out.splitlines() if x in observed]
    assert "hints 1" not in told.out
    hint = workbook("hint", TASK.id).out
    assert hint.startswith("Your last check · ") and "Hint 1 of 3" in hint


def test_a_case_that_is_not_there_is_one_line(home, workbook):
    one_line(workbook("replay", TASK.id, "--case", "the same day thrice"), 2, "no case", "there is")


def test_output_is_the_same_through_a_pipe(home, workbook):
    ran = alone("check", TASK.id, home=home.folder)
    assert ran == workbook("check", TASK.id)
    assert ran.code == 1


def test_check_as_json_is_one_object(home, workbook):
    told = json.loads(workbook("check", TASK.id, "--json").out)
    assert (told["exercise"], told["verdict"], len(told["findings"])) == (TASK.id, "NOT YET", 1)
    finding = Finding("f", "seen", rows=[{"day": dt.date(2026, 1, 5)}])
    result = Result("e", "t", Verdict.TRY_AGAIN, [finding], 1, 1, "n", "h")
    again = json.loads(json.dumps(answering._as_data(result), default=str))
    keys = {"exercise", "title", "verdict", "help", "cases", "seeds", "note", "next", "findings"}
    keys |= {"same_as", "isolation"}
    assert set(told) == set(again) == keys
    parts = {
        "id",
        "message",
        "case",
        "seed",
        "observed",
        "expected",
        "cost",
        "look",
        "rows",
        "plain",
    }
    assert set(again["findings"][0]) == parts
    assert again["findings"][0]["rows"] == [{"day": "2026-01-05"}]


def test_a_memory_folder_of_two_megabytes_costs_nobody_an_answer(tmp_path):
    (tmp_path / "mine.py").write_text(REFERENCE)
    if not (around := sandbox()):
        pytest.skip("no bubblewrap here")
    around += ["--size", str(2 * 2**20), "--tmpfs", "/dev/shm"]
    told = "check", TASK.id, "--answer", tmp_path / "mine.py"
    ran = alone(*told, home=tmp_path / "work", prefix=around)
    assert (ran.code, "PASSED" in ran.out) == (0, True), ran


def test_an_untouched_page_is_not_yet_answered(home, workbook):
    ran = workbook("check", TASK.id)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("○ NOT YET  load-day")
    assert "still the starter" in ran.out


def test_of_two_answers_on_a_page_the_last_one_counts_and_is_recorded(home, workbook):
    def twice(page):
        answer = page["cells"][answers(page)[0]]
        setup = [c for c in page["cells"] if c["source"] in pages.setup_cells(page)]
        sources = WRONG.text, "1 / 0", REFERENCE
        page["cells"] = setup + [answer | {"source": s, "id": s[:9]} for s in sources]

    before = written(home, twice)
    ran = workbook("check", TASK.id)
    assert (ran.code, ran.err) == (0, ""), ran
    assert ran.out.startswith("✓ PASSED  load-day · Load a day, any number of times · ")
    assert "load-day stands in 2 cells of 04_master_state.ipynb; the last one" in ran.out
    assert own(home).read_text(encoding="utf-8") == before
    record = json.loads(workbook("progress", "--json").out)
    (row,) = (row for row in record if row["exercise"] == TASK.id)
    assert (row["verdict"], row["attempts"], row["help"]) == ("PASSED", 1, "")
    assert "✓ PASSED" in workbook("progress").out
    assert workbook("solution", TASK.id).out == REFERENCE.strip() + "\n"


def test_a_missing_answer_is_not_yet_and_reset_brings_it_back(home, workbook):
    before = written(home, lambda page: page["cells"].pop(answers(page)[0]))
    ran = workbook("check", TASK.id)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("○ NOT YET")
    assert "workbook reset load-day" in ran.out
    assert own(home).read_text(encoding="utf-8") == before
    assert workbook("reset", TASK.id).code == 0
    page = pages.read(own(home))
    (number,) = answers(page)
    assert page["cells"][number + 1]["source"] == 'lab.check("load-day")'


def test_a_split_answer_is_an_error_with_its_line_and_reset_keeps_it(home, workbook):
    head, body = REFERENCE.split("    con.execute", 1)

    def split(page):
        (number,) = answers(page)
        second = page["cells"][number] | {"id": "second", "source": "    con.execute" + body}
        page["cells"][number]["source"] = head.replace('"""', "'''", 1)
        page["cells"].insert(number + 1, second)

    before = written(home, split)
    ran = workbook("check", TASK.id)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("! ERROR  load-day")
    assert "SyntaxError" in ran.out
    assert "at line 3" in ran.out
    assert own(home).read_text(encoding="utf-8") == before
    reset = workbook("reset", TASK.id)
    assert "kept/load-day-1.py" in reset.out.replace("\n", "")
    assert "con, day, batch" in (home.folder / "kept" / "load-day-1.py").read_text()


@pytest.mark.parametrize(
    "text, told",
    [
        ('{"cells": [{"cell_type": "code", "sour', "half saved or broken (line 1)"),
        ('{"cells": [],,}', "half saved or broken (line 1)"),
        ("", "half saved or broken (line 1)"),
        ("[1, 2]", "not a Jupyter notebook"),
        ('{"cells": [1]}', "not a Jupyter notebook"),
        ('{"worksheets": []}', "not a Jupyter notebook"),
        (b"\xff\xfe\x00", "half saved or broken"),
    ],
)
def test_a_file_that_is_no_notebook_is_one_line_and_stays_as_it_is(text, told, home, workbook):
    text = text if isinstance(text, bytes) else text.encode()
    own(home).write_bytes(text)
    for argv in (["check", TASK.id], ["reset", TASK.id], ["run", "--lab", "4"]):
        one_line(workbook(*argv), 2, own(home).name, told)
    assert own(home).read_bytes() == text


def test_what_cannot_be_judged_is_one_line(home, workbook, tmp_path):
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.py").mkdir()
    one_line(workbook("check", "load-week"), 2, "no exercise 'load-week'", "load-day")
    one_line(workbook("check", TASK.id, "--answer", tmp_path / "none.py"), 2, "is not there")
    one_line(workbook("check", TASK.id, "--answer", tmp_path / "none.ipynb"), 2, "is not there")
    one_line(workbook("check", TASK.id, "--answer", tmp_path / "a.doc"), 2, "a .py file")
    one_line(workbook("check", TASK.id, "--answer", tmp_path / "bytes.py"), 2, "UTF-8")
    one_line(workbook("check", TASK.id, "--answer", tmp_path / "folder.py"), 2, "cannot be read")
    one_line(workbook("check"), 2, "name the exercises to check", "--lab 4")
    own(home).unlink()
    one_line(workbook("check", TASK.id), 2, "`workbook start` first")


# -- hints, solution, progress


def test_hints_go_by_step(home, workbook):
    first, third = workbook("hint", TASK.id), workbook("hint", TASK.id, "3")
    assert first.out.startswith("Hint 1 of 3 · ")
    assert "workbook hint load-day 2" in first.out
    assert third.out.startswith("Hint 3 of 3 · ")
    assert max(len(line) for line in (first.out + third.out).splitlines()) <= 80
    one_line(workbook("hint", TASK.id, "4"), 2, "hints 1, 2 and 3")
    one_line(workbook("hint", "load-week"), 2, "no exercise")


def test_the_solution_needs_attempts_or_a_word(home, workbook):
    refused = workbook("solution", TASK.id)
    assert refused.code == 1
    assert refused.out.startswith("0 of 3 different attempts so far")
    shown = workbook("solution", TASK.id, "--confirm")
    assert (shown.code, shown.out) == (0, REFERENCE.strip() + "\n")


def test_without_a_workspace_progress_says_how_to_begin(workbook, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "none"))
    ran = workbook("progress")
    assert (ran.code, ran.out.count("NOT YET") > 1) == (0, True)
    assert "workbook start" in ran.out
    assert not (tmp_path / "none").exists()


# -- the command itself


def test_help_is_quick_and_narrow(tmp_path):
    code = "import sys, workbook.cli; print(sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    for heavy in ("papermill", "pandas", "duckdb", "jupyter_client", "nbformat", "rich"):
        assert f"'{heavy}'" not in loaded.stdout
    for command in ((), ("--help",), ("run", "--help")):
        ran = alone(*command, home=tmp_path / "none")
        assert (ran.code, ran.err, "\x1b" in ran.out) == (0, "", False)
        assert max(map(len, ran.out.splitlines())) <= 80


COMMANDS = sorted(typer.main.get_command(cli.app).commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_examples_and_each_runs(command, home, workbook, monkeypatch):
    """As they stand in the help, in a folder where they make sense."""
    ways_in = []
    monkeypatch.setattr(runner, "run_pages", lambda *_, **__: [])
    monkeypatch.setattr(cli, "_way_in", lambda *given: ways_in.append(given) or 0)
    monkeypatch.setattr(answering, "_judged_again", lambda *_: exec("raise KeyboardInterrupt"))
    monkeypatch.chdir(home.folder)
    (home.folder / "my_load.py").write_text(REFERENCE, encoding="utf-8")
    ran = workbook(command, "-h")
    assert ran == workbook(command, "--help") and ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    examples = re.findall(rf"^.* {{2}}workbook ({command}\b.*)$", ran.out, re.M)
    assert examples
    for example in examples:
        tried = workbook(*shlex.split(example))
        stopped = command == "watch" and (tried.code, tried.err) == (130, "workbook: stopped\n")
        assert stopped or (tried.code in (0, 1) and tried.err == ""), (example, tried)
    assert bool(ways_in) == (command in ("open", "doctor"))


def test_a_run_for_programs_is_one_object(home, workbook, monkeypatch):
    page = runner.PageRun(own(home), home.folder / "page.ipynb", "cell 9 (end): KeyError")
    monkeypatch.setattr(runner, "run_pages", lambda *_, **__: [page])
    ran = workbook("run", "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["passed"]) == (1, "", 0)
    assert told["pages"][0]["stopped"] == page.stopped
    all_of_them = [name for lab in catalog.labs() for name in lab.exercises]
    assert [row["exercise"] for row in told["exercises"]] == all_of_them


def test_a_workspace_that_cannot_be_written_loses_nothing(home):
    prefix = sandbox(home.folder)
    if not prefix:
        pytest.skip("no bubblewrap here, and root may write everywhere")
    before = {p.name: p.read_bytes() for p in home.folder.iterdir() if p.is_file()}
    for argv in (["reset", TASK.id], ["run", "--lab", "4"], ["start"]):
        one_line(alone(*argv, home=home.folder, prefix=prefix), 2, "Read-only file system")
    ran = alone("check", TASK.id, home=home.folder, prefix=prefix)
    assert (ran.code, ran.err) == (1, "")
    assert "progress is not kept" in ran.out.replace("\n ", "")
    assert {p.name: p.read_bytes() for p in home.folder.iterdir() if p.is_file()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way there")
def test_ctrl_c_is_one_line(tmp_path):
    file = tmp_path / "answer.py"
    file.write_text(
        "import time, pathlib\npathlib.Path('up').touch()\ntime.sleep(600)\n" + REFERENCE
    )
    argv = [*COMMAND, "check", TASK.id, "--answer", str(file)]
    environment = os.environ | {"WORKBOOK_HOME": str(tmp_path / "none")}
    # A shell's background jobs ignore Ctrl-C, and their children inherit that.
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    running = subprocess.Popen(
        argv,
        stdout=-1,
        stderr=-1,
        text=True,
        env=environment,
        preexec_fn=listens,  # noqa: PLW1509
    )
    until = time.monotonic() + 120
    while not Path(tmp_path / "up").exists():
        assert time.monotonic() < until and running.poll() is None, "the answer is not at work"
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=20) == ("", "workbook: stopped\n"), "before a limit ends it"
    assert running.returncode == 130


def test_an_update_tells_what_it_carried(home, workbook):
    def answer(page):
        pages.place(page, TASK.id, REFERENCE)
        page["cells"][0]["source"] += "\n\nmy note"

    written(home, answer)
    assert "up to date" in workbook("update").out, "the release has not changed"
    remembered = home.remembered(TASK.lab.page.name)
    older = pages.read(remembered)
    older["cells"][1]["source"] = "as it was told before"
    pages.write(remembered, older)
    mine = pages.read(home.page(TASK.lab.notebook))
    mine["cells"][1]["source"] = "as it was told before"
    pages.write(home.page(TASK.lab.notebook), mine)
    ran = workbook("update")
    assert (ran.code, ran.err) == (0, "")
    assert f"answers carried: {TASK.id}" in ran.out
    assert "backup" in ran.out
    text = home.page(TASK.lab.notebook).read_text(encoding="utf-8")
    assert "as it was told before" not in text
    assert "my note" in text


def test_without_pages_there_is_nothing_to_update_or_watch(workbook, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "nowhere"))
    for command in ("update", "watch"):
        ran = workbook(command)
        assert (ran.code, ran.out) == (2, "")
        assert "run `workbook start` first" in ran.err


def test_watch_judges_what_was_saved(home):
    path = home.page(TASK.lab.notebook)
    command = [sys.executable, "-m", "workbook.cli", "watch", "--lab", "4", "--once"]
    main = "import sys; from workbook.cli import main; sys.argv[0] = 'workbook'; main()"
    command[1:3] = ["-c", main]
    env = os.environ | {"WORKBOOK_HOME": str(home.folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as watching:
        assert watching.stdout.readline().startswith(f"watching {path.name}")
        path.write_text("{ half saved", encoding="utf-8")
        page = pages.read(TASK.lab.page)
        pages.place(page, TASK.id, REFERENCE)
        pages.write(path, page)
        told = watching.stdout.read()
    assert f"PASSED  {TASK.id}" in told
    assert watching.returncode == 0


def test_a_package_beside_the_engine_offers_commands(workbook, tmp_path, monkeypatch):
    for folder in ("side_room", "labs/side_lab"):
        (tmp_path / folder).mkdir(parents=True)
    for name, folder in (("greet_all", "side_room"), ("count", "labs/side_lab")):
        text = f'def {name}():\n    """Say it."""\n    print("{name}")\nCOMMANDS = [{name}]\n'
        (tmp_path / folder / "commands.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalog, "root", lambda: tmp_path)
    monkeypatch.setattr(cli, "app", typer.Typer(callback=lambda: None))
    loaded = importlib.import_module("labs").__path__
    monkeypatch.setattr(importlib.import_module("labs"), "__path__", [*loaded, f"{tmp_path}/labs"])
    assert workbook("greet-all").out == "greet_all\n"
    assert workbook("count").out == "count\n"
    assert workbook("--help").out.count("Say it.") == 2
    assert len(cli.app.registered_commands) == 2, "each once, however often a process asks"


class TestTheEnd:
    """A command ends without taking apart what it imported; its code and words come."""

    @pytest.mark.parametrize(("argv", "code"), [(["--version"], 0), (["check", "nope"], 2)])
    def test_code_and_words_in_a_process_of_its_own(self, tmp_path, argv, code):
        ran = alone(*argv, home=tmp_path / "mine")
        assert ran.code == code
        assert bool(ran.out) != bool(ran.err)
        if not code:
            assert re.fullmatch(r"workbook \d+\.\d+\.\d+\n", ran.out)

    def test_a_process_of_somebody_else_goes_on(self, tmp_path):
        code = (
            "import atexit, sys\nfrom workbook import cli\n"
            "exec('def called(): cli.main()', made := {'__name__': 'other', 'cli': cli})\n"
            "sys.argv[1:] = ['--version']\natexit.register(print, 'before')\n"
            "try: made['called']()\nexcept SystemExit: pass\nsys.exit(7)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 7, ran
        assert ran.stdout.endswith("before\n")
