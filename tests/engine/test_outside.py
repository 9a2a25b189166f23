"""Judging from outside: one session a page, and a verdict for each exercise whatever others do."""

from __future__ import annotations

import ast
import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.engine.elsewhere import no_sandbox
from workbook import (
    catalog,
    copies,
    entering,
    judge,
    keeper,
    launch,
    needed,
    outside,
    pages,
    sandbox,
    session,
    submission,
)
from workbook.answer import Failure
from workbook.headless import answer_of
from workbook.local import LocalAnswer
from workbook.plain import memory_backed
from workbook.results import Verdict
from workbook.session import Cell, Session

TASK = catalog.find("load-day")
NEXT = catalog.find("run-pipeline")
PATIENCE = 60.0
CASES = 6  # of a check, the plain ones first
ISOLATIONS = [
    pytest.param(outside.NONE, id="none"),
    pytest.param(outside.BUBBLEWRAP, id="bubblewrap", marks=no_sandbox),
]


@pytest.fixture(autouse=True)
def short(monkeypatch, request):
    """One world, the first of the check's cases, and little patience with cells.

    What is tried here is the session, not the check; tests of its cases ask for `every_case`.
    """
    every = catalog.Exercise.cases
    if "every_case" not in request.fixturenames:
        few = lambda *asked: islice(every(*asked), CASES)  # noqa: E731
        monkeypatch.setattr(catalog.Exercise, "cases", few)
    monkeypatch.setattr(judge, "WORLDS", 1)
    monkeypatch.setattr(session, "CELL_SECONDS", 3.0)
    monkeypatch.setattr(session, "MARGIN", 3.0)


@pytest.fixture
def every_case():
    """The whole check."""


def page(path, *cells):
    """A page of step 4 that holds these cells after its set-up."""
    shipped = pages.read(TASK.lab.page)
    made = [c for c in shipped["cells"] if c["source"] in pages.setup_cells(shipped)]
    made += [{"cell_type": "code", "source": source, "metadata": {}} for source in cells]
    path.write_text(json.dumps(shipped | {"cells": made}), encoding="utf-8")
    return path


def judged(path, *exercises, isolated=outside.NONE):
    given = {e.id: (e, submission.read(e, path, 7, 7)) for e in exercises}
    return list(outside.judged(given, isolated))


def reference(exercise):
    return exercise.reference.text


class TestOneSession:
    def test_a_slow_cell_of_ones_own_costs_a_right_answer_nothing(self, tmp_path):
        path = page(tmp_path / "p.ipynb", "import time\ntime.sleep(600)", reference(TASK))
        began = time.monotonic()
        (result,) = judged(path, TASK)
        assert result.passed, result
        assert time.monotonic() - began < PATIENCE

    def test_a_cell_that_it_needs_is_named_where_it_never_ends(self, tmp_path):
        slow = "while True:\n    pass\nLIMIT = 1"
        path = page(tmp_path / "p.ipynb", slow, "x = LIMIT\n" + reference(TASK))
        (result,) = judged(path, TASK)
        assert result.verdict is Verdict.TIMED_OUT
        assert result.note.startswith("cell 3 was stopped after 3 s; the answer needs that cell")

    def test_a_cell_that_it_needs_is_named_where_it_raises(self, tmp_path):
        broken = "raise KeyError('nothing')\ndef clean(x): return x"
        wrong = reference(TASK).replace("con.execute(", "clean(con).execute(", 1)
        (result,) = judged(page(tmp_path / "p.ipynb", broken, wrong), TASK)
        assert result.verdict is Verdict.ERROR
        assert "NameError: name 'clean' is not defined" in result.note
        assert "cell 3 raised KeyError: 'nothing'" in result.note

    def test_an_endless_loop_costs_its_exercise_alone(self, tmp_path):
        endless = '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    while 1: pass\n'
        other = catalog.find("transition")
        path = page(tmp_path / "p.ipynb", endless, reference(other), "1 / 0")
        results = judged(path, replace(TASK, seconds=1.0), other)
        assert [str(r.verdict) for r in results] == ["TIMED OUT", "PASSED"]

    def test_one_that_kills_the_process_costs_its_exercise_alone(self, tmp_path):
        deadly = '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    os._exit(1)\n'
        other = catalog.find("transition")
        path = page(tmp_path / "p.ipynb", "import os", deadly, reference(other))
        assert [str(r.verdict) for r in judged(path, TASK, other)] == ["ERROR", "PASSED"]

    def test_one_that_asks_to_exit_costs_its_exercise_alone(self, tmp_path):
        leaves = '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    sys.exit(0)\n'
        other = catalog.find("transition")
        path = page(tmp_path / "p.ipynb", "import sys", leaves, reference(other))
        assert [str(r.verdict) for r in judged(path, TASK, other)] == ["ERROR", "PASSED"]

    def test_a_name_that_another_answer_binds_anew_costs_nothing(self, tmp_path):
        other = catalog.find("transition")
        named = "LIMIT = 10\n" + reference(TASK).replace("):\n", "):\n    assert LIMIT == 10\n", 1)
        anew = "LIMIT = 'ten'\n" + reference(other)
        path = page(tmp_path / "p.ipynb", named, anew)
        assert [str(r.verdict) for r in judged(path, TASK, other)] == ["PASSED", "PASSED"]

    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_a_cell_runs_when_the_first_answer_that_needs_it_has_its_turn(self, tmp_path, isolated):
        """Also where a process begins anew: what others need and takes seconds is not run again."""
        other = catalog.find("transition")
        fatal = "import os\nos._exit(3)\nLIMIT = 10"
        needs = "x = LIMIT\n" + reference(other)
        path = page(tmp_path / "p.ipynb", fatal, reference(TASK), needs)
        given = {e.id: (e, submission.read(e, path, 7, 7)) for e in (TASK, other)}
        first, second = outside.judged(given, isolated)
        assert first.passed, first
        assert second.verdict is Verdict.ERROR
        assert second.note.startswith("cell 3 ended its Python process; the answer needs that cell")

    def test_a_process_is_forked_from_one_with_what_several_answers_import(
        self, tmp_path, monkeypatch
    ):
        lab = replace(TASK.lab, preload=("colorsys", "this"))
        both = [replace(one, lab=lab) for one in (TASK, catalog.find("transition"))]
        there = "import sys\nfound = 'colorsys' in sys.modules, 'this' in sys.modules\n"
        imports = "from colorsys import hls_to_rgb\n"
        cells = [f"{there}{imports}{reference(one)}\nassert found == (True, False)" for one in both]
        results = judged(page(tmp_path / "p.ipynb", *cells), *both)
        assert [str(one.verdict) for one in results] == ["PASSED", "PASSED"], results

    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_a_second_process_has_imported_only_what_its_own_answer_imports(
        self, tmp_path, monkeypatch, isolated
    ):
        """A module that takes seconds keeps no answer waiting that does without it."""
        lab = replace(TASK.lab, preload=("colorsys",))
        load, lease, move = (
            replace(catalog.find(one), lab=lab) for one in ("load-day", "take-lease", "transition")
        )
        asked = []
        for module in (launch, entering):
            real = module.warm_up
            monkeypatch.setattr(
                module,
                "warm_up",
                lambda seed, names=(), real=real: (asked.append((seed, *names)), real(seed, names)),
            )
        imports = "import colorsys\n"
        cells = [reference(load), imports + reference(move), imports + reference(lease)]
        given = page(tmp_path / "p.ipynb", *cells)
        results = judged(given, load, move, lease, isolated=isolated)
        assert [str(one.verdict) for one in results] == ["PASSED"] * 3, results
        seconds = list(dict.fromkeys(one[1:] for one in asked if one[0] == launch.HASH_SEEDS[1]))
        assert seconds == [(), ("colorsys",)]

    def test_a_page_s_cells_are_parsed_once_for_all_of_its_answers(self, tmp_path, monkeypatch):
        """Eight answers of a page took half a second before the first of them was judged."""
        lab = catalog.load("step2_failure")
        path = page(tmp_path / "p.ipynb", *(reference(e) for e in lab.exercises.values()))
        parsed, real = set(), ast.parse
        monkeypatch.setattr(ast, "parse", lambda *a, **k: (parsed.add(str(a[0])), real(*a, **k))[1])
        for number, exercise in enumerate(lab.exercises.values()):
            parsed.clear()
            submission.read(exercise, path, 7, 7)
            own = {text for text in parsed if exercise.id in text}
            assert not number or (len(own) == 1 and parsed == own), "only its own answer again"

    def test_modules_that_both_import_keep_answers_in_one_process(self):
        cells = [Cell(f"import json\ndef {name}(): return json", name) for name in "ab"]
        assert not needed.clashing(cells[:1], cells[1:])
        assert needed.clashing(cells[:1], [Cell("def a(): ...", "again")])

    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_sleep_that_is_imported_by_name_is_virtual(self, tmp_path, isolated, every_case):
        """Whatever the process did before, as on the page."""
        retries = catalog.find("call-with-retry")
        text = next(s.text for s in retries.sections if "import monotonic, sleep" in s.text)
        own = tmp_path / "retry.py"
        own.write_text(text, encoding="utf-8")
        (result,) = judged(own, retries, isolated=isolated)
        assert result.passed, result

    def test_warnings_and_prints_cost_nothing(self, tmp_path):
        noisy = "import sys, warnings\nwarnings.warn('odd')\nprint('1.0', file=sys.stderr)\n"
        other = catalog.find("transition")
        within = reference(other).replace("):\n", "):\n    warnings.warn('odd'); print(1)\n", 1)
        (result,) = judged(page(tmp_path / "p.ipynb", noisy + within), other)
        assert result.passed, result

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells what it holds")
    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_more_memory_than_it_may_hold_ends_it(self, tmp_path, monkeypatch, isolated):
        monkeypatch.setattr(session, "MEMORY", 2**30)
        greedy = (
            '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n'
            "    held = bytearray(b'x') * (5 * 2**28)\n    while True: pass\n"
        )
        (result,) = judged(page(tmp_path / "p.ipynb", greedy), TASK, isolated=isolated)
        assert result.verdict is Verdict.TIMED_OUT
        assert "holds more than 1 GiB of memory" in result.note

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells what it holds")
    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_more_processes_than_it_may_have_end_it(self, tmp_path, monkeypatch, isolated):
        monkeypatch.setattr(session, "PROCESSES", 20)
        many = (
            "import subprocess, time\n"
            '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n'
            "    for _ in range(20):\n        subprocess.Popen(['sleep', '614'])\n"
            "    time.sleep(60)\n"
        )
        (result,) = judged(page(tmp_path / "p.ipynb", many), TASK, isolated=isolated)
        assert result.verdict is Verdict.TIMED_OUT
        assert "holds more than 20 processes" in result.note

    def test_magics_run_in_a_cell_that_is_needed(self, tmp_path):
        cells = "%%time\nLIMIT = 1", "%precision 3\n" + reference(TASK) + "\nassert LIMIT"
        (result,) = judged(page(tmp_path / "p.ipynb", *cells), TASK)
        assert result.passed, result

    def test_a_module_beside_the_page_is_found_and_one_called_like_pythons_does_no_harm(
        self, tmp_path
    ):
        (tmp_path / "json.py").write_text("raise SystemExit")
        (tmp_path / "mine.py").write_text("LIMIT = 1")
        path = page(tmp_path / "p.ipynb", "from mine import LIMIT", reference(TASK) + "\nLIMIT")
        for isolated in (outside.NONE, *[outside.BUBBLEWRAP] * sandbox.available()):
            (result,) = judged(path, TASK, isolated=isolated)
            assert result.passed, result
            assert result.isolation == isolated

    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_a_file_may_be_named_from_another_folder(self, tmp_path, monkeypatch, isolated):
        (tmp_path / "sub").mkdir()
        page(tmp_path / "sub" / "p.ipynb", "from mine import LIMIT", reference(TASK) + "\nLIMIT")
        (tmp_path / "sub" / "mine.py").write_text("LIMIT = 1")
        monkeypatch.chdir(tmp_path)
        (result,) = judged(Path("sub", "p.ipynb"), TASK, isolated=isolated)
        assert result.passed, result


class TestHelp:
    @pytest.mark.parametrize("isolated", ISOLATIONS)
    def test_a_page_may_continue_from_an_exercise(self, tmp_path, isolated):
        """The judge hands the reference over: in a sandbox it is not to be seen."""
        path = page(tmp_path / "p.ipynb", 'lab.continue_from("load-day")', reference(NEXT))
        (result,) = judged(path, NEXT, isolated=isolated)
        assert result.passed, result
        assert result.help == ""

    def test_what_it_continued_from_is_a_pass_with_the_solution_seen(self, tmp_path):
        mine = (
            '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    given(con, day, batch)'
        )
        cells = 'lab.continue_from("load-day")', "given = load_day", mine
        (result,) = judged(page(tmp_path / "p.ipynb", *cells), TASK)
        assert (result.passed, result.help) == (True, "solution seen"), result

    def test_an_answer_that_asks_for_the_solution_is_shown_none(self, tmp_path):
        asking = 'SHOWN = repr(lab.solution("transition", confirm=True))\n'
        other = catalog.find("transition")
        mine = asking + reference(other) + '\nassert "def transition" not in SHOWN'
        (result,) = judged(page(tmp_path / "p.ipynb", mine), other)
        assert result.passed, result

    def test_a_copy_is_said_so_and_is_no_verdict(self, tmp_path):
        renamed = reference(TASK).replace("batch", "delivery").replace("\n", "  # mine\n", 2)
        given = submission.read(TASK, page(tmp_path / "p.ipynb", reference(TASK)), 7, 7)
        assert copies.same_as(TASK, given) == "reference"
        assert copies.same_as(TASK, replace(given, source=renamed)) == "reference"
        other = next(s for s in TASK.sections if s.kind == "other")
        assert copies.same_as(TASK, replace(given, source=other.text)) == ""
        (result,) = judged(page(tmp_path / "q.ipynb", reference(TASK)), TASK)
        assert (result.passed, result.same_as) == (True, "reference")
        assert "the same text as the reference, up to names and layout" in result.note

    def test_a_text_is_a_copy_whatever_its_layout(self):
        task = catalog.find("failure-policy")
        told = submission.text_in(reference(task), task.id)
        given = submission.Submission(told, (), 7, Path(), text=told.replace("\n", "\n\n"))
        assert copies.same_as(task, given) == "reference"
        assert copies.same_as(task, replace(given, text="else")) == ""


class TestVerdicts:
    def test_a_check_that_fails_is_not_the_answers_error(self, tmp_path, monkeypatch):
        def cases(self, answer, seed):
            raise LookupError("in the check\nitself")

        monkeypatch.setattr(catalog.Exercise, "cases", cases)
        (result,) = judged(page(tmp_path / "p.ipynb", reference(TASK)), TASK)
        assert result.verdict is Verdict.COULD_NOT_JUDGE
        assert result.note.startswith("the check itself failed: LookupError: in the check itself")

    def test_without_a_process_nothing_can_be_judged_and_that_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setattr(session, "START", 0.5)
        monkeypatch.setattr(session.launch, "can_fork", lambda: False)
        monkeypatch.setattr(session.launch, "cold", lambda *_: _silent())
        (result,) = judged(page(tmp_path / "p.ipynb", reference(TASK)), TASK)
        assert result.verdict is Verdict.COULD_NOT_JUDGE
        assert "no process for the answers started" in result.note


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EFAULT])
def test_a_machine_that_cannot_start_a_process_just_now_is_asked_again(
    tmp_path, monkeypatch, number
):
    refused = iter([True, True, False, True, False])

    class NowAndThen(subprocess.Popen):
        def __init__(self, argv, **options):
            if next(refused, False):
                self.returncode = 1  # nothing to wait for
                raise OSError(number, os.strerror(number), argv[0])
            super().__init__(argv, **options)

    monkeypatch.setattr(launch, "can_fork", lambda: False)
    monkeypatch.setattr(launch.subprocess, "Popen", NowAndThen)
    (result,) = judged(page(tmp_path / "p.ipynb", reference(TASK)), TASK)
    assert result.passed, result


def test_a_program_that_cannot_be_started_ever_is_not_asked_again(monkeypatch):
    asked = []

    def never(argv, **_):
        asked.append(argv)
        raise PermissionError(errno.EACCES, "Permission denied", argv[0])

    monkeypatch.setattr(launch.subprocess, "Popen", never)
    with pytest.raises(PermissionError):
        launch.started(["nothing"])
    assert len(asked) == 1


def _silent():
    import socket

    ours, theirs = socket.socketpair()
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    process.kept = theirs  # else it is closed at once
    return process, ours


KILLED = """
import sys, time
from pathlib import Path
from workbook.session import Cell, Session

cell = Cell("import subprocess; subprocess.Popen(['sleep', '614'], start_new_session=True)", "c")
with Session([cell], cwd=Path.cwd(), isolated=sys.argv[1] == "bubblewrap") as session:
    print(session.process_id, session.exchange, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("isolated", ISOLATIONS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_dead_judge_leaves_no_process_and_no_folder(tmp_path, isolated, number):
    script = tmp_path / "judge.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), isolated]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as ran:
        process, folder = ran.stdout.readline().split()
        began = keeper.descendants([int(process), ran.pid]) | {int(process)}
        ran.send_signal(number)
        ran.wait()
    until = time.monotonic() + PATIENCE
    while Path(folder).exists() or any(map(keeper.alive, began)):
        assert time.monotonic() < until, (folder, began)
        time.sleep(0.05)


def test_a_session_leaves_no_folder_whatever_lies_in_it(tmp_path):
    with Session([Cell("", "c")], cwd=tmp_path) as held:
        folder = held.exchange
        os.mkfifo(folder / "fifo")
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep").chmod(0)
    assert not folder.exists()
    assert not list(Path(memory_backed() or "/tmp").glob(f"workbook-{os.getpid()}-*"))


def test_a_system_without_proc_knows_no_descendants(monkeypatch):
    monkeypatch.setattr(os, "listdir", lambda _: (_ for _ in ()).throw(FileNotFoundError()))
    assert keeper.descendants([os.getpid()]) == set()


def test_a_failure_that_comes_back_is_one_line_without_control_characters():
    told = session.failure_of(
        session.protocol.FailureSent("E", "\x1b[2Jx\n\r", 3, "raise\tE", "f\x07")
    )
    assert told == Failure("E", " [2Jx  ", 3, "raise E", "f ")


class _Noting(LocalAnswer):
    """Notes the canary of every world that it is handed."""

    def map(self, batch):
        given = list(batch)
        self.seen = {one["warehouse"].canary for one in given}
        return super().map(given)


def test_two_checks_of_one_judge_share_no_secret():
    """A judge that lives long judges many learners, who could tell each other."""
    exercise = catalog.find("inherit")
    answer = answer_of(exercise.lab, exercise.id, reference(exercise))
    seen = set()
    for _ in range(2):
        noting = _Noting(answer, exercise.seconds)
        assert next(exercise.cases(noting, 7)).run() is None
        seen |= noting.seen
    assert len(seen) == 2 and "" not in seen
