"""The contracts on answers, which every lab is held to by existing; see docs/adding-a-lab.md."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from math import ceil
from pathlib import Path
from zlib import crc32

import pytest

from tests.conftest import SEEDS
from tests.engine.elsewhere import Elsewhere
from workbook import callee, catalog, judge, pages, submission
from workbook.answer import AnswerFailed
from workbook.headless import answer_of, standing_cells
from workbook.lab import open_lab
from workbook.local import LocalAnswer
from workbook.process import ProcessAnswer

LABS = catalog.labs()
EXERCISES = [exercise for lab in LABS for exercise in lab.exercises.values()]
ONLY_TWO = "# only two processes show it"
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
    """(exercise, section) for each that one process shows; test_turns.py has the others."""
    return [(e, s) for e in EXERCISES for s in sections(e) if ONLY_TWO not in s.text]


def _first_of_each(sections):
    """The reference and a wrong answer: enough for what is a property of the engine."""
    kinds = {kind: [s for s in sections if s.kind == kind] for kind in ("reference", "wrong")}
    return [found[0] for found in kinds.values()]


def _third(sections):
    """A third that hardly changes when others come: by a number made of the name."""
    by_number = sorted(sections, key=lambda section: crc32(section.name.encode()))
    return by_number[: ceil(len(sections) / 3)]


def _held_out(exercise):
    return _planted(exercise)[len(exercise.sections) :]


def _others(sections):
    """All but those that TestElsewhere judges in full: one run holds both contracts."""
    first = _first_of_each(sections)
    return [section for section in sections if section not in first]


CHOSEN = {  # argument -> all there are, and which of them with fewer than all seeds
    "planted": (lambda exercise: exercise.sections, _others),
    "elsewhere": (lambda exercise: exercise.sections, _first_of_each),
    "held_out": (_held_out, _third),
}


def pytest_generate_tests(metafunc):
    """With all seeds nothing is left out."""
    thorough = metafunc.config.getoption("seeds") == len(SEEDS)
    for name, (found, some) in CHOSEN.items():
        if name in metafunc.fixturenames:
            chosen = found if thorough else lambda e, f=found, s=some: s(f(e))
            metafunc.parametrize((name, "section"), _parameters(chosen), ids=_name)


def _name(value):
    return getattr(value, "name", None) or getattr(value, "id", None)


def answered(exercise, section, seed):
    """A section's text as an answer of this process."""
    registered = answer_of(exercise.lab, exercise.id, section.text, seed=seed)
    return LocalAnswer(registered, exercise.seconds)


def local(exercise, section, seed):
    """The result of judging a section here, on one seed."""
    return judge.judge(exercise, answered(exercise, section, seed), [seed])


def told_of(finding):
    """What a finding says of this run."""
    return finding.id, finding.case, finding.observed, list(finding.rows)


def told(result):
    """What two ways of judging must agree on, to the letter."""
    return result.verdict, [told_of(finding) for finding in result.findings]


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
    if section.kind != "wrong" or thorough:
        result = local(exercise, section, seed)
        assert_judged_right(section, result, held)
        first = next(iter(result.findings), None)
    else:
        cases = judge.tried(exercise, answered(exercise, section, seed), [seed])
        first = next(filter(None, cases), None)
        assert_found(section, first, held)
    if first:
        assert_replayed(exercise, section, first, held)


def assert_replayed(exercise, section, finding, held):
    """Contract 7: what a finding says was observed in this run, and is seen again."""
    answer = answered(exercise, section, finding.seed)
    again = judge.replay(exercise, answer, finding.seed, finding.case)
    assert [told_of(one) for one in again.findings] == [told_of(finding)]
    held("findings seen again by replay, to the letter")


@pytest.fixture
def held(record_property):
    """Count what a contract was held on; printed at the end."""
    return lambda what: record_property("held", what)


def test_held_out_answers_are_judged_right(held_out, section, seed, held, thorough):
    """Odd but right answers, and wrong ones, written by others after the check."""
    assert_told_apart(held_out, section, seed, held, thorough)
    held("of these, held-out answers")


def test_planted_answers_are_judged_right(planted, section, seed, held, thorough):
    """Contracts 2 and 3: right answers pass, each wrong one gets first the finding it names."""
    assert_told_apart(planted, section, seed, held, thorough)


def _lines(exercise, finding):
    from workbook import results

    return results.finding_lines(exercise.id, finding)


class TestElsewhere:
    """Contracts 4 and 5: typed into the learner's cell, and through another process, the same."""

    @pytest.fixture(scope="class")
    @classmethod
    def kernels(cls, tmp_path_factory):
        """A process for each page, as a session has: to begin one takes seconds of imports."""
        with contextlib.ExitStack() as stack:
            started: dict[str, Elsewhere] = {}

            def kernel(exercise, seed):
                lab = exercise.lab
                if lab.id not in started:
                    cells = standing_cells(lab, exercise.id, seed)
                    set_up = [*cells[: len(cells) - len(exercise.uses)], ""]
                    folder = tmp_path_factory.mktemp("page")
                    page = Elsewhere("", set_up, 1, cwd=folder, mode="forked")
                    started[lab.id] = stack.enter_context(page)
                return started[lab.id]

            yield kernel

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
        page = kernels(exercise, 7)
        for used in exercise.uses:
            page.load(exercise.lab.exercise(used).stand_in.text)
        page.load(section.text)
        answer = ProcessAnswer(page.session, exercise.id, exercise.seconds, "")
        answer.left = page.left
        return answer

    def test_same_in_the_learners_cell_and_in_another_process(
        self, kernels, shell, elsewhere, section, monkeypatch, held
    ):
        exercise = elsewhere
        monkeypatch.setattr(judge, "WORLDS", 1)
        shell.reset()  # a page has one lab, and no names of another one's answers
        for cell in standing_cells(exercise.lab, exercise.id, 7):
            assert shell.run_cell(cell).success
        assert shell.run_cell(section.text).success
        here = shell.run_cell(f'lab.check("{exercise.id}")').result
        assert_judged_right(section, here, held)
        held("answers typed into the learner's cell")
        answer = self._elsewhere(kernels, exercise, section)
        assert all(len(_lines(exercise, finding)) <= 8 for finding in here.findings)
        assert told(judge.judge(exercise, answer, [7])) == told(here)
        answer = self._elsewhere(kernels, exercise, section)
        # What remembers the cases before it shows only its first finding in the same words.
        for finding in here.findings[:1]:
            again = judge.replay(exercise, answer, finding.seed, finding.case)
            assert told(again) == ("TRY AGAIN", told(replace(here, findings=[finding]))[1])
        held("answers judged the same, word for word, in another process")


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_starter_is_not_yet_and_would_not_pass(exercise, seed, held):
    """Contract 1: the pristine cell is NOT YET, with what it fails first; judged, TRY AGAIN."""
    starter = pages.starters(exercise.lab.page)[exercise.id]
    lab = open_lab(exercise.lab.id, seed=seed)
    documented = (
        starter.source.replace('"""', '"""Changed. ', 1) if starter.names else starter.source
    )
    commented = documented + "\n# a comment\n"
    section = catalog.Section("starter", "starter", "", starter.source)
    judged = local(exercise, section, seed)
    assert judged.verdict == "TRY AGAIN"
    for source in (starter.source, commented):
        callee.REGISTERED[exercise.id] = answer_of(exercise.lab, exercise.id, source, seed=seed)
        result = lab.check(exercise.id)
        assert result.verdict == "NOT YET"
        assert told_of(result.findings[0]) == told_of(judged.findings[0])
        held("starters whose first check shows the smallest case that they fail")
    held("starters NOT YET, and TRY AGAIN if judged")


def _do_nothing(*_args, **_data):
    return None


def _identity(*args, **data):
    return next(iter([*args, *data.values()]), None)


CONSTANTS = [0, "", [], {}, True]
EMPTY = [_do_nothing, _identity, *[lambda *_, _c=constant, **__: _c for constant in CONSTANTS]]


@pytest.mark.parametrize("answer", EMPTY, ids=["nothing", "identity", *map(repr, CONSTANTS)])
@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_empty_answers_never_pass(exercise, answer, held, thorough):
    """Contract 6: a constant, an identity and a do-nothing answer never pass."""
    names = pages.starters(exercise.lab.page)[exercise.id].names
    registered = callee.Registered(exercise.id, "", dict.fromkeys(names, answer))
    empty = LocalAnswer(registered, exercise.seconds)
    if thorough:
        assert judge.judge(exercise, empty, [7]).verdict in ("TRY AGAIN", "ERROR")
    else:  # to the first thing that speaks against it
        with contextlib.suppress(AnswerFailed):
            assert any(judge.tried(exercise, empty, [7]))
    held("empty answers refused")
