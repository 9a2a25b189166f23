"""Notebooks as they come from real courses: one notion of the answer, the right thing blamed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest

from tests.engine.test_cli import COMMAND, REFERENCE, TASK, alone, home, one_line, own, workbook
from workbook import (
    answering,
    catalog,
    judge,
    outside,
    pages,
    registering,
    runner,
    submission,
    workspace,
)
from workbook.errors import PageError
from workbook.progress import Progress
from workbook.standing import recorded
from workbook.watching import Watched

__all__ = ["home", "workbook"]  # fixtures
SMALL = catalog.find("transition")
PAIR = catalog.find("take-lease")
BODY = SMALL.reference.text
PLAIN = BODY.replace('@lab.exercise("transition")\n', "")
MAIN = """
if __name__ == "__main__":
    import argparse
    argparse.ArgumentParser().parse_args(["--unknown"])
    open("made-by-main", "w").close()
"""


@pytest.fixture(autouse=True)
def one_world(monkeypatch):
    monkeypatch.setattr(judge, "WORLDS", 1)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page that runs in a notebook's shell, and the same cells as a file."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path))
    shell = InteractiveShell()
    InteractiveShell._instance = shell
    yield Page(shell, tmp_path / "page.ipynb")
    InteractiveShell.clear_instance()


class Page:
    """Cells that run one after the other, here and from outside."""

    def __init__(self, shell, path):
        self.shell, self.path, self.cells = shell, path, []
        shipped = pages.read(SMALL.lab.page)
        for source in pages.setup_cells(shipped):
            tagged = {"tags": ["parameters"]} if "open_lab(" not in source else {}
            self.run(source, **tagged)

    def run(self, source, **metadata):
        ran = self.shell.run_cell(source)
        assert ran.success, ran
        cell = {"cell_type": "code", "source": source, "metadata": metadata}
        self.cells.append(cell)
        return ran.result

    def outside(self, exercise):
        self.path.write_text(json.dumps({"cells": self.cells}), encoding="utf-8")
        given = submission.read(exercise, self.path, 7, 7)
        (result,) = outside.judged({exercise.id: (exercise, given)})
        return given, result

    def text(self, exercise):
        return self.run(f"lab.text({exercise.id!r})")


NAMED = BODY.replace('"transition"', "TASK", 1)
CALLS = {
    "by a text with a name": ('TASK = "transition"', NAMED),
    "by a typed one": ("TASK: str = 'transition'", NAMED),
    "by a name with a type": (f'r: object = lab.exercise("transition")\n{PLAIN}', "r(transition)"),
    "by a walrus": (PLAIN, '(r := lab.exercise(f"transition"))(transition)'),
    "by getattr": (PLAIN, 'getattr(lab, "exercise")("transition")(transition)'),
    "by a name for getattr": (
        f'r = getattr(lab, "exercise")\n{PLAIN}',
        "r('transition')(transition)",
    ),
    "in a loop": (PLAIN, 'for one in [transition]:\n    lab.exercise("transition")(one)'),
}
MAGICS = ["%%time", "%%capture", "\n%%capture out\n%%time"]


class TestOneAnswer:
    """Rows 1 and 4: check, text, reset, replay, command and session have the same answer."""

    @pytest.mark.parametrize("magic", MAGICS)
    def test_under_a_cell_magic(self, page, magic):
        page.run(f"{magic}\n%precision 3\n{BODY}")
        here = page.run('lab.check("transition")')
        given, there = page.outside(SMALL)
        assert (here.verdict, there.verdict) == ("PASSED", "PASSED")
        assert given.source == f"{magic}\n%precision 3\n{BODY}"
        told = page.text(SMALL)
        names = {"lab": type("Lab", (), {"exercise": lambda self, name: lambda made: made})()}
        exec(compile(told, "command", "exec"), names)  # a command has no notebook around it
        assert callable(names["transition"])
        page.run('lab.reset("transition")')
        assert "Your answer is kept" not in told
        assert pages.same(given.source, page.run('lab._lab and __import__("workbook").callee.'
                                                 'REGISTERED["transition"].source'))  # fmt: skip

    @pytest.mark.parametrize("bound", ["r = lab.exercise('transition')", "ex = lab.exercise"])
    @pytest.mark.parametrize("apart", [True, False], ids=["another cell", "the same cell"])
    def test_registered_under_another_name(self, page, bound, apart):
        used = "@r" if bound.startswith("r") else "@ex('transition')"
        cells = [bound, f"{used}\n{PLAIN}"]
        for source in cells if apart else ["\n\n".join(cells)]:
            page.run(source)
        here = page.run('lab.check("transition")')
        given, there = page.outside(SMALL)
        assert (here.verdict, there.verdict) == ("PASSED", "PASSED")
        assert given.source == "\n\n".join(cells)
        told = page.text(SMALL)
        assert pages.same(told, given.source)

    def test_a_later_one_without_the_decorator_is_said_beside_the_error(self, page):
        raises = PLAIN.partition(":\n")[0] + ":\n    raise ValueError('boom')"
        page.run(f'@lab.exercise("transition")\n{raises}\n\n{PLAIN}')
        told = page.run('lab.check("transition")').note
        assert "ValueError: boom" in told
        assert "; checked was the version that ran under @lab.exercise" in told

    def test_what_reset_keeps_is_the_cell(self, home, workbook):
        def answer(cells):
            pages.place(cells, TASK.id, f"%%time\n{REFERENCE}")

        cells = pages.read(own(home))
        answer(cells)
        pages.write(own(home), cells)
        assert workbook("reset", TASK.id).code == 0
        (kept,) = (home.folder / "kept").iterdir()
        assert kept.read_text() == f"%%time\n{REFERENCE}"

    def test_what_bash_runs_is_no_answer(self):
        assert registering.in_cell("%%bash\n" + BODY) == []
        assert registering.in_cell("%%writefile x.py\n" + BODY) == []
        assert not pages.same("%%bash\nls", "%%bash\nrm")

    def test_three_answers_under_a_magic_are_three_attempts(self):
        record = Progress(None)
        result = judge.Result("transition", "t", judge.Verdict.TRY_AGAIN)
        for number in range(3):
            recorded(record, result, 7, f"%%time\n{BODY}\nx = {number}", 0.1)
        assert record.standing("transition").honest == 3

    def test_registered_by_a_call(self, page):
        page.run(PLAIN)
        page.run('lab.exercise("transition")(transition)')
        here = page.run('lab.check("transition")')
        given, there = page.outside(SMALL)
        assert (here.verdict, there.verdict) == ("PASSED", "PASSED")
        assert given.source == f'{PLAIN}\n\nlab.exercise("transition")(transition)'
        assert page.text(SMALL).rstrip() == given.source

    def test_two_functions_registered_by_a_call(self, page):
        text = PAIR.reference.text.replace('@lab.exercise("take-lease")\n', "")
        names = pages.starters(PAIR.lab.page)["take-lease"].names
        calls = "\n".join(f'lab.exercise("take-lease")({name})' for name in names)
        page.run(f"{text}\n{calls}")
        _, there = page.outside(PAIR)
        assert (page.run('lab.check("take-lease")').verdict, there.verdict) == ("PASSED", "PASSED")

    @pytest.mark.parametrize("how", CALLS)
    def test_however_it_is_registered(self, page, how):
        for source in CALLS[how]:
            page.run(source)
        _, there = page.outside(SMALL)
        assert (page.run('lab.check("transition")').verdict, there.verdict) == ("PASSED", "PASSED")

    @pytest.mark.parametrize(
        "how",
        [
            "for name, one in {'transition': transition}.items():\n    lab.exercise(name)(one)",
            "from functools import partial\npartial(lab.exercise, 'transition')()(transition)",
        ],
    )
    def test_what_nobody_outside_would_find_is_said_in_the_page(self, page, how):
        page.run(f"{PLAIN}\n{how}")
        _, there = page.outside(SMALL)
        here = page.run('lab.check("transition")')
        assert (here.verdict, there.verdict) == ("PASSED", "NOT YET")
        assert 'write @lab.exercise("transition") above it' in here.note

    def test_a_text_of_another_cell_is_no_part_of_an_answer(self):
        cells = [{"cell_type": "code", "source": source, "metadata": {}}
                 for source in ('SIDE = "north"', f"{BODY}\nprint(SIDE)")]  # fmt: skip
        assert pages.answer({"cells": cells}, SMALL.id) == f"{BODY}\nprint(SIDE)"

    def test_a_decorator_of_ones_own_hides_no_name(self, page):
        page.run("def timer(f):\n    def wrapper(*a, **k):\n        return f(*a, **k)\n"
                 "    return wrapper")  # fmt: skip
        page.run(BODY.replace("def transition", "@timer\ndef transition", 1))
        _, there = page.outside(SMALL)
        assert (page.run('lab.check("transition")').verdict, there.verdict) == ("PASSED", "PASSED")


class TestFiles:
    """Row 2: a main block of a module does not run; the rest of it does."""

    def test_a_main_block_does_not_run(self, tmp_path):
        path = tmp_path / "answer.py"
        path.write_text(f"{PLAIN}\n{MAIN}")
        given = submission.read(SMALL, path, 7, 7)
        (result,) = outside.judged({SMALL.id: (SMALL, given)})
        assert result.passed, result
        assert not (tmp_path / "made-by-main").exists()

    @pytest.mark.parametrize(
        "block",
        [
            'if __name__ == "__main__":',
            "if '__main__' == __name__ and True:",
            'if (__name__ == "__main__"):',
            'if (\n    "é" and __name__\n    == "__main__"\n):',
            'if __name__ == \\\n"__main__":',
        ],
    )
    def test_however_it_is_written(self, block):
        text = f"é = 1\n{block} raise SystemExit(2)\nelse:\n    kept = True"
        names = {"__name__": "__main__"}
        exec(submission._imported(text), names)
        assert names["kept"] and names["é"] == 1

    def test_one_within_another_statement(self):
        text = (
            'try:\n    if __name__ == "__main__":\n        raise SystemExit(2)\nfinally:\n    x = 1'
        )
        exec(submission._imported(text), {"__name__": "__main__"})

    def test_what_asks_for_its_name_otherwise_stays(self):
        text = "if __name__ == 'elsewhere':\n    x = 1"
        assert submission._imported(text) == text


class TestRecord:
    """Rows 3 and 7: the record holds what the learner did, and says where there is none."""

    @pytest.mark.parametrize("mode", ["solution", "wrong"])
    def test_a_planted_answer_is_nothing_that_the_learner_did(self, home, monkeypatch, mode):
        from workbook import open_lab

        monkeypatch.chdir(home.folder)
        wrong = next(s.name for s in SMALL.sections if s.kind == "wrong")
        lab = open_lab(SMALL.lab.id, mode=mode if mode == "solution" else f"wrong:{wrong}")
        lab.exercise(SMALL.id)(lambda state, event: None)
        assert lab.check(SMALL.id).passed == (mode == "solution")
        assert not Progress(home.progress).attempted(SMALL.id)

    def test_a_page_outside_of_a_workspace_says_so(self, tmp_path, monkeypatch):
        from workbook import open_lab

        monkeypatch.delenv("WORKBOOK_HOME")
        monkeypatch.chdir(tmp_path)
        lab = open_lab(SMALL.lab.id)
        exec(BODY, {"lab": lab})
        assert "not kept: this page does not run in a workspace" in lab.check(SMALL.id).note

    def test_in_one_nothing_is_said(self, home, monkeypatch):
        from workbook import open_lab

        monkeypatch.chdir(home.folder)
        lab = open_lab(SMALL.lab.id)
        exec(BODY, {"lab": lab})
        assert "not kept" not in lab.check(SMALL.id).note
        assert Progress(home.progress).standing(SMALL.id).passed


class TestParameters:
    """Row 5, and two of row 13."""

    def test_two_cells_of_parameters_are_refused(self, home, workbook):
        cells = pages.read(own(home))
        at = next(n for n, c in enumerate(cells["cells"]) if "parameters" in pages.tags(c))
        cells["cells"].insert(at, cells["cells"][at] | {"id": "another"})
        pages.write(own(home), cells)
        ran = workbook("run", "--lab", "4", "-p", "seed", "23")
        one_line(ran, 2, f"parameters in cells {at + 1} and {at + 2}: delete all but one")

    @pytest.mark.parametrize("how", ["a cell between them", "the cell that opens the lab"])
    def test_a_cell_that_would_win_over_what_is_asked_for_is_named(self, home, workbook, how):
        cells = pages.read(own(home))
        opens = next(n for n, c in enumerate(cells["cells"]) if "open_lab(" in c["source"])
        if how == "a cell between them":
            mine = {"cell_type": "code", "id": "mine", "source": "seed = 99", "metadata": {}}
            cells["cells"].insert(opens, mine)
        else:
            source = cells["cells"][opens]["source"].replace("seed=seed", "seed=99")
            cells["cells"][opens]["source"] = source
        pages.write(own(home), cells)
        ran = workbook("run", "--lab", "4", "-p", "seed", "23")
        one_line(ran, 2, f"cell {opens + 1} sets seed itself", "would not be 23")

    @pytest.mark.parametrize(
        ("given", "part"),
        [
            ("orders_per_day=0", "orders_per_day=0"),
            ("seed=-5", "seed=-5"),
            (f"seed={2**63}", "10^18"),
            ("seed=" + "9" * 400, "many digits"),
        ],
    )
    def test_what_no_world_bears_is_refused_before_anything_runs(self, home, workbook, given, part):
        one_line(workbook("run", "--lab", "4", "-p", given), 2, part)
        assert not list(home.runs.glob("*/*.ipynb"))


@contextlib.contextmanager
def ends(process):
    """Ends a process whose test failed, which would wait for it."""
    try:
        yield
    except BaseException:
        process.kill()
        raise


class TestWatch:
    """Rows 8 and 13: files come and go, and a big page costs nothing while nobody writes it."""

    def test_half_saves_deletion_and_an_atomic_save(self, tmp_path, monkeypatch):
        path = tmp_path / "p.ipynb"
        shipped = SMALL.lab.page.read_text(encoding="utf-8")
        path.write_text(shipped, encoding="utf-8")
        watched = Watched(path, [SMALL, PAIR])
        assert watched.look() == []
        path.write_text(shipped[:900], encoding="utf-8")
        assert watched.look() == []
        path.unlink()
        assert watched.look() == [] and not watched.gone()
        monkeypatch.setattr("workbook.watching.GONE", 0.0)
        time.sleep(0.01)
        assert watched.gone() and not watched.gone(), "it is said once"
        new = pages.read(SMALL.lab.page)
        pages.place(new, SMALL.id, BODY)
        pages.write(path, new)  # takes the place of what was there
        assert watched.look() == [SMALL]
        assert watched.look() == [SMALL], "until it was judged"
        watched.settled([SMALL])
        assert watched.look() == [] and not watched.gone()

    def test_half_saved_at_the_start_it_waits(self, tmp_path):
        path = tmp_path / "p.ipynb"
        path.write_text("{", encoding="utf-8")
        watched = Watched(path, [SMALL])
        assert watched.look() == []
        path.write_text(SMALL.lab.page.read_text(encoding="utf-8"), encoding="utf-8")
        assert watched.look() == []

    def test_a_page_that_is_saved_again_while_it_is_judged_is_judged_later(
        self, tmp_path, monkeypatch
    ):
        path = tmp_path / "p.ipynb"
        path.write_text(SMALL.lab.page.read_text(encoding="utf-8"), encoding="utf-8")
        watched = Watched(path, [SMALL])
        new = pages.read(path)
        pages.place(new, SMALL.id, BODY)
        pages.write(path, new)

        def half_saved(*_):
            raise PageError("half saved")
            yield

        monkeypatch.setattr(answering, "_judged", half_saved)
        assert not answering._judged_again(watched)
        monkeypatch.setattr(answering, "_judged", lambda *_: iter(()))
        assert answering._judged_again(watched)

    def test_a_page_of_twenty_megabytes_is_read_once(self, tmp_path, monkeypatch):
        path = tmp_path / "p.ipynb"
        path.write_text(SMALL.lab.page.read_text(encoding="utf-8"), encoding="utf-8")
        watched = Watched(path, [SMALL])
        monkeypatch.setattr(pages, "read", lambda path: pytest.fail("nobody wrote it"))
        for _ in range(100):
            watched.look()

    @pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way there")
    def test_it_goes_on_while_the_page_is_away(self, home):
        path = own(home)
        env = os.environ | {"WORKBOOK_HOME": str(home.folder)}
        argv = [*COMMAND, "watch", "--lab", "4", "--once"]
        with subprocess.Popen(argv, stdout=-1, text=True, env=env) as watching, ends(watching):
            assert watching.stdout.readline().startswith(f"watching {path.name}")
            aside = path.with_name("renamed.ipynb")
            path.rename(aside)
            assert watching.stdout.readline().startswith(f"{path.name} is not there any more")
            new = pages.read(aside)
            pages.place(new, SMALL.id, BODY)
            pages.write(path, new)
            told = watching.stdout.read()
            assert "renamed.ipynb" in told and f"PASSED  {SMALL.id}" in told
        assert watching.returncode == 0


class TestBlame:
    """Rows 9 to 12: what is wrong is named."""

    def test_another_kernel_called_python3_is_not_started(self, tmp_path, monkeypatch):
        spec = tmp_path / "jupyter" / "kernels" / "python3"
        spec.mkdir(parents=True)
        told = {"argv": ["false"], "display_name": "Python 3", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(told))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]},
                "source": "import workbook\nseed: int = 7"}  # fmt: skip
        path = tmp_path / "p.ipynb"
        path.write_text(json.dumps({"cells": [cell]}))
        (ran,) = runner.run_pages([path], tmp_path / "out", {})
        assert ran.stopped == ""

    @pytest.mark.parametrize("name", ["duckdb.py", "workbook.py", "labs/__init__.py"])
    def test_a_file_that_stands_in_for_a_package_is_named(self, tmp_path, name):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
        code = (
            "import sys; sys.path.append({!r})\n"
            "from workbook import open_lab; open_lab('step4_state')"
        )
        root = str(catalog.root())
        ran = subprocess.run(
            [sys.executable, "-c", code.format(root)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 1
        assert name in ran.stderr.splitlines()[-1], ran.stderr

    def test_files_where_the_command_is_typed_do_not_disturb_it(self, tmp_path):
        for name in ("duckdb", "pandas", "types", "signal", "json", "workbook", "labs"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
        (tmp_path / "answer.py").write_text(BODY)
        script = Path(sys.executable).with_name("workbook")
        env = os.environ | {"WORKBOOK_HOME": str(tmp_path / "none")}
        argv = [script, "check", SMALL.id, "--answer", "answer.py"]
        ran = subprocess.run(
            argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran

    def test_a_file_called_like_a_module_of_pythons_is_named_by_run(self, tmp_path):
        (tmp_path / "types.py").write_text("raise SystemExit(3)")
        cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]},
                "source": "seed: int = 7\nimport os; os._exit(1)"}  # fmt: skip
        path = tmp_path / "p.ipynb"
        path.write_text(json.dumps({"cells": [cell]}))
        (ran,) = runner.run_pages([path], tmp_path / "out", {})
        assert "types.py beside it stands in for Python's own: rename it" in ran.stopped

    def test_a_copy_with_the_answer_is_named(self, home, workbook):
        copy = own(home).with_name("04_master_state-Copy1.ipynb")
        cells = pages.read(own(home))
        pages.place(cells, SMALL.id, BODY)
        pages.write(copy, cells)
        ran = workbook("check", SMALL.id)
        assert ran.code == 1 and ran.out.startswith("○ NOT YET")
        told = " ".join(ran.out.split())
        assert f"{copy.name} beside it has another answer: `--answer {copy.name}`" in told
        own(home).unlink()
        one_line(workbook("check", SMALL.id), 2, copy.name, "answers transition", "--answer")

    def test_conflict_marks_are_gits(self, home, workbook):
        text = own(home).read_text(encoding="utf-8")
        both = text.replace(
            ' "cells": [', '<<<<<<< HEAD\n "cells": [\n=======\n "cells": [\n>>>>>>> x'
        )
        own(home).write_text(both, encoding="utf-8")
        one_line(workbook("check", SMALL.id), 2, "git could not merge", "--theirs")

    @pytest.mark.parametrize("gone", ["open_lab(", "seed: int"])
    def test_shipped_cells_that_are_gone_come_back(self, home, workbook, gone):
        cells = pages.read(own(home))
        pages.place(cells, SMALL.id, BODY)
        kept = [c for c in cells["cells"] if gone not in c["source"]]
        kept.append({"cell_type": "markdown", "id": "note", "source": "my note", "metadata": {}})
        pages.write(own(home), cells | {"cells": kept})
        ran = workbook("check", SMALL.id)
        assert ran.code == 1
        assert "`workbook update --repair` brings them" in " ".join(ran.out.split())
        assert "up to date" in workbook("update").out
        ran = workbook("update", "--repair")
        assert "shipped cells brought back: 1" in " ".join(ran.out.split()), ran
        assert workbook("check", SMALL.id).code == 0
        assert "my note" in own(home).read_text(encoding="utf-8")
        assert "up to date" in workbook("update", "--repair").out


class TestSmall:
    """Row 13."""

    def test_a_byte_order_mark_is_no_half_save(self, tmp_path):
        path = tmp_path / "p.ipynb"
        path.write_bytes(b"\xef\xbb\xbf" + SMALL.lab.page.read_bytes())
        assert pages.read(path) == pages.read(SMALL.lab.page)

    def test_one_name_has_one_seed_in_each_unicode_form(self, tmp_path):
        one, other = (unicodedata.normalize(form, "Jörg") for form in ("NFC", "NFD"))
        assert workspace.seed_of(one) == workspace.seed_of(other) == workspace.seed_of("jörg")
        workspace.start(tmp_path / "w", [], one, None)
        workspace.start(tmp_path / "w", [], other, None)

    def test_reset_twice_makes_no_two_equal_ids(self):
        page = pages.read(SMALL.lab.page)
        for _ in range(3):
            page["cells"] = [c for c in page["cells"] if "@lab.exercise(" not in c["source"]
                             or c["id"].endswith(("again", "-1", "-2"))]  # fmt: skip
            for cell in page["cells"]:
                if cell["id"].startswith("transition-again"):
                    cell["source"] = "split off"
            pages.place(page, SMALL.id, BODY)
        names = [cell["id"] for cell in page["cells"]]
        assert len(names) == len(set(names))

    def test_a_script_made_of_a_page_is_a_py_file(self, home):
        from nbconvert.exporters import ScriptExporter

        _, told = ScriptExporter().from_filename(str(own(home)))
        assert told["output_extension"] == ".py"

    def test_the_next_command_can_be_typed(self, tmp_path):
        odd = tmp_path / "O'Brien Kürs (2026) #1"
        ran = alone("start", home=odd)
        command = ran.out.splitlines()[-1].removeprefix("Next:  jupyter lab ")
        listed = subprocess.run(f"cd {command} && ls", shell=True, cwd=tmp_path,
                                capture_output=True, text=True, check=False)  # fmt: skip
        assert own(workspace.Workspace(odd)).name in listed.stdout, (ran, listed)
