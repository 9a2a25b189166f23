"""The contracts that every lab is held to by existing; see docs/adding-a-lab.md."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SEEDS
from workbook import callee, catalog, judge, pages, submission
from workbook.headless import answer_of, standing_cells
from workbook.kernel import KernelAnswer
from workbook.lab import open_lab
from workbook.local import LocalAnswer

LABS = catalog.labs()
EXERCISES = [exercise for lab in LABS for exercise in lab.exercises.values()]
HOLDOUT = Path(__file__).parent / "holdout"


def _planted(exercise):
    """The lab's own answers, then those held out: whole ones, and edits of any right one."""
    held = HOLDOUT / exercise.lab.id / f"{exercise.module}.py"
    whole = catalog._sections(held) if held.exists() else []
    right = {s.name: s.text for s in [*whole, *exercise.sections] if s.kind != "wrong"}
    edits = held.with_suffix(".diff")
    told = catalog._sections(edits) if edits.exists() else []
    edited = [replace(s, text=catalog._applied(right, s.text)) for s in told]
    return exercise.sections + whole + edited


def _parameters(sections):
    """(exercise, section) for each; what a check is known not to see is expected to fail."""
    hole = pytest.mark.xfail(strict=True, reason="known hole")
    return [
        pytest.param(e, s, marks=[hole] if "# known hole" in s.text else [])
        for e in EXERCISES
        for s in sections(e)
    ]


def _every(step, sections):
    """The reference, every so many wrong answers, and twice as many of the right ones."""
    steps = {"reference": 1, "other": max(1, step // 2), "wrong": step}
    alike = {kind: [s for s in sections if s.kind == kind] for kind in steps}
    return [s for s in sections if alike[s.kind].index(s) % steps[s.kind] == 0]


def pytest_generate_tests(metafunc):
    """With all seeds nothing is left out."""
    for name, (found, step) in CHOSEN.items():
        if name in metafunc.fixturenames:
            thorough = metafunc.config.getoption("seeds") == len(SEEDS)
            chosen = _parameters(lambda e, f=found, n=1 if thorough else step: _every(n, f(e)))
            metafunc.parametrize((name, "section"), chosen, ids=_name)


PLANTED = _parameters(lambda exercise: exercise.sections)
CHOSEN = {  # a kernel takes its time
    "elsewhere": (lambda exercise: exercise.sections, 4),
    "held_out": (lambda exercise: _planted(exercise)[len(exercise.sections) :], 2),
}


def _name(value):
    return getattr(value, "name", None) or getattr(value, "id", None)


def local(exercise, section, seed):
    answer = answer_of(exercise.lab, exercise.id, section.text, seed=seed)
    return judge.judge(exercise, LocalAnswer(answer, exercise.seconds), [seed])


def told(result):
    """What two ways of judging must agree on, to the letter."""
    return result.verdict, [(f.id, f.case, f.observed, list(f.rows)) for f in result.findings]


def assert_judged_right(section, result, held):
    if section.kind == "wrong":
        assert result.verdict == "TRY AGAIN", result
        assert_found(section, result.findings[0], held)
    else:
        assert result.passed, result
        held("right answers accepted")


def assert_found(section, first, held):
    assert first is not None, "nothing was found"
    assert first.id == section.finding, f"found first: {first}"
    held("wrong answers caught, each first by the finding it names")


def assert_told_apart(exercise, section, seed, held, thorough):
    """Right answers are judged in full; wrong ones, but for `thorough`, to their first finding."""
    if section.kind == "wrong" and not thorough:
        answer = answer_of(exercise.lab, exercise.id, section.text, seed=seed)
        cases = judge.tried(exercise, LocalAnswer(answer, exercise.seconds), [seed])
        assert_found(section, next(filter(None, cases), None), held)
    else:
        assert_judged_right(section, local(exercise, section, seed), held)


@pytest.fixture
def held(record_property):
    """Count what a contract was held on; printed at the end."""
    return lambda what: record_property("held", what)


def test_held_out_answers_are_judged_right(held_out, section, held_out_seed, held, thorough):
    """Odd but right answers, and wrong ones, written by others after the check."""
    assert_told_apart(held_out, section, held_out_seed, held, thorough)
    held("of these, held-out answers")


@pytest.mark.parametrize(("exercise", "section"), PLANTED, ids=_name)
def test_planted_answers_are_judged_right_in_other_worlds(
    exercise, section, other_seed, held, thorough
):
    """Contracts 2 and 3: right answers pass, each wrong one gets first the finding it names."""
    assert_told_apart(exercise, section, other_seed, held, thorough)


def _lines(exercise, finding):
    from workbook import results

    return results.finding_lines(exercise.id, finding)


class TestElsewhere:
    """Contracts 4 and 5: typed into the learner's cell, and through another kernel, the same."""

    @pytest.fixture(scope="class")
    @classmethod
    def kernels(cls, tmp_path_factory):
        started: dict[str, KernelAnswer] = {}

        def kernel(exercise, seed):
            if exercise.id not in started:
                cells = [*standing_cells(exercise.lab, exercise.id, seed), ""]
                folder = tmp_path_factory.mktemp("kernel")
                answer = KernelAnswer(exercise.id, cells, exercise.seconds, cwd=folder)
                started[exercise.id] = answer.__enter__()
            return started[exercise.id]

        yield kernel
        for answer in started.values():
            answer.__exit__()

    @pytest.fixture(scope="class")
    @classmethod
    def shell(cls):
        from IPython.core.interactiveshell import InteractiveShell

        yield InteractiveShell()
        InteractiveShell.clear_instance()

    def _elsewhere(self, kernels, exercise, section):
        """The answer in another process; a text is read from the page, and nothing is run."""
        if not pages.starters(exercise.lab.page)[exercise.id].names:
            text = submission.text_in(section.text, exercise.id)
            return LocalAnswer(callee.Registered(exercise.id, section.text, text=text), 1)
        answer = kernels(exercise, 7)
        answer.load(section.text)
        return answer

    def test_same_in_the_learners_cell_and_in_another_process(
        self, kernels, shell, elsewhere, section, monkeypatch, held, thorough
    ):
        exercise = elsewhere
        monkeypatch.setattr(judge, "WORLDS", 1)
        for cell in standing_cells(exercise.lab, exercise.id, 7):
            assert shell.run_cell(cell).success
        assert shell.run_cell(section.text).success
        here = shell.run_cell(f'lab.check("{exercise.id}")').result
        assert_judged_right(section, here, held)
        held("answers typed into the learner's cell")
        answer = self._elsewhere(kernels, exercise, section)
        assert all(len(_lines(exercise, finding)) <= 8 for finding in here.findings)
        if here.passed or thorough:
            assert told(judge.judge(exercise, answer, [7])) == told(here)
            answer = self._elsewhere(kernels, exercise, section)
        # What remembers the cases before it shows only its first finding in the same words.
        for finding in here.findings[:1]:
            again = judge.replay(exercise, answer, finding.seed, finding.case)
            assert told(again) == ("TRY AGAIN", told(replace(here, findings=[finding]))[1])
        held("answers judged the same, word for word, through a kernel")


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_starter_is_not_yet_and_would_not_pass(exercise, seed, held):
    """Contract 1: the pristine cell is NOT YET; judged all the same, it is TRY AGAIN."""
    starter = pages.starters(exercise.lab.page)[exercise.id]
    lab = open_lab(exercise.lab.id, seed=seed)
    documented = (
        starter.source.replace('"""', '"""Changed. ', 1) if starter.names else starter.source
    )
    commented = documented + "\n# a comment\n"
    for source in (starter.source, commented):
        callee.REGISTERED[exercise.id] = answer_of(exercise.lab, exercise.id, source, seed=seed)
        assert lab.check(exercise.id).verdict == "NOT YET"
    section = catalog.Section("starter", "starter", "", starter.source)
    assert local(exercise, section, seed).verdict == "TRY AGAIN"
    held("starters NOT YET, and TRY AGAIN if judged")


def _do_nothing(*_args, **_data):
    return None


def _identity(*args, **data):
    return next(iter([*args, *data.values()]), None)


CONSTANTS = [0, "", [], {}, True]
EMPTY = [_do_nothing, _identity, *[lambda *_, _c=constant, **__: _c for constant in CONSTANTS]]


@pytest.mark.parametrize("answer", EMPTY, ids=["nothing", "identity", *map(repr, CONSTANTS)])
@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_empty_answers_never_pass(exercise, answer, held):
    """Contract 6: a constant, an identity and a do-nothing answer never pass."""
    names = pages.starters(exercise.lab.page)[exercise.id].names
    registered = callee.Registered(exercise.id, "", dict.fromkeys(names, answer))
    result = judge.judge(exercise, LocalAnswer(registered, exercise.seconds), [7])
    assert result.verdict in ("TRY AGAIN", "ERROR")
    held("empty answers refused")


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_three_hints_none_holding_the_reference(exercise):
    """Contract 7: a nudge, a method, nearly there."""
    assert len(exercise.hints) == 3
    lines = [line.strip() for line in exercise.reference.text.splitlines() if len(line) > 20]
    for hint in exercise.hints:
        held = [line for line in lines if line in hint]
        assert len(held) <= len(lines) / 2, f"this hint gives it away: {held}"
    assert len(exercise.hints[0]) < len(exercise.hints[2])


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_enough_planted_answers_each_with_one_name(exercise):
    kinds = Counter(section.kind for section in exercise.sections)
    assert kinds["reference"] == 1
    assert kinds["other"] >= 2
    assert kinds["wrong"] >= 3
    named = Counter((section.kind, section.name) for section in _planted(exercise))
    assert max(named.values()) == 1, named
    told = {s.finding for s in _planted(exercise) if s.kind == "wrong"}
    assert told <= set(exercise.lab.findings)


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_every_finding_can_happen(lab):
    """A message that no planted answer gets is a message that nobody has read."""
    planted = [s for e in lab.exercises.values() for s in _planted(e)]
    named = {s.finding for s in planted if s.kind == "wrong"}
    assert named <= set(lab.findings)
    assert set(lab.findings) - named <= lab.nets


SHAPE = re.compile(
    r"(lab\.toml|hints\.md|facilitator\.md|__init__\.py|world/.+|checks/__init__\.py"
    r"|checks/(?P<check>\w+)\.py|answers/(?P<answer>\w+)\.(py|sql|yml|md|diff))"
)


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_no_file_outside_the_shape(lab):
    """Contract 8: every exercise has its check and answers, and there is nothing else."""
    found = {p.relative_to(lab.folder).as_posix() for p in lab.folder.rglob("*") if p.is_file()}
    found = {name for name in found if "__pycache__" not in name}
    matches = {name: SHAPE.fullmatch(name) for name in found}
    assert not [name for name, match in matches.items() if not match]
    modules = {exercise.module for exercise in lab.exercises.values()}
    for part in ("check", "answer"):
        assert {m[part] for m in matches.values() if m and m[part]} == modules
    assert {"lab.toml", "hints.md", "facilitator.md", "world/__init__.py"} <= found


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_lab_and_page_agree(lab):
    on_page = [found.exercise for found in pages.exercises(pages.read(lab.page))]
    assert on_page == list(lab.exercises)
    page = "\n".join(pages.code_cells(pages.read(lab.page)))
    for exercise_id in lab.exercises:
        assert f'lab.check("{exercise_id}")' in page
    cards = {name[6:] for name in lab.notes if name.startswith("card: ")}
    assert cards == set(re.findall(r'lab\.card\("([^"]+)"\)', page))
    assert sum(e.minutes for e in lab.exercises.values() if e.core) <= 60
    assert ast.parse(page)
