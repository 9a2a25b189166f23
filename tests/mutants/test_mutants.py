"""The mutator itself: which edits it makes, that each is one edit, and how they are judged."""

from __future__ import annotations

import ast
import difflib

import pytest

from tests.mutants import __main__ as command
from tests.mutants import answers, documents, equivalents, judging, python, sql
from tests.mutants.edits import Edit, Mutant, different, dropped
from workbook import catalog

EXERCISES = [e for lab in catalog.labs() for e in lab.exercises.values()]


def made(edits, text):
    """What each edit does -> the texts that it leaves, with the white space of a reader."""
    return {" ".join(edit.applied(text).split()) for edit in edits(text)}


def of_sql(text):
    return made(sql.edits, text)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("select a from t where x and y", "select a from t where y"),
        ("select a from t where x and y", "select a from t where x"),
        ("select a from t where x and y", "select a from t where x or y"),
        ("select a from t where x", "select a from t"),
        ("select a from t where x group by a", "select a from t group by a"),
        ("select a from t where b between 1 and 2 and c", "select a from t where c"),
        ("from t where b between 1 and 2 and c", "from t where b between 1 and 2"),
        ("select a from t where (x or y) and z", "select a from t where (x or y)"),
        ("from t join u on t.a = u.a and t.b = u.b", "from t join u on t.b = u.b"),
        ("select a from t join u on t.a = u.a", "select a from t join u on true"),
        ("select a from t left join u using (a, b)", "select a from t join u using (a, b)"),
        ("select a from t left join u using (a, b)", "select a from t left join u using (b)"),
        ("select a from t join u using (a)", "select a from t left join u using (a)"),
        ("select a from t union all select b from u", "select a from t union select b from u"),
        ("select a from t union select b from u", "select a from t union all select b from u"),
        ("select max(a) from t", "select min(a) from t"),
        ("select a from t where b < 3", "select a from t where b <= 3"),
        ("select a from t where b < 3", "select a from t where b < 4"),
        ("select a from t where b < 50", "select a from t where b < 55"),
        ("select a from t where b < 0.5", "select a from t where b < 0.55"),
        ("select a from t where b is not null", "select a from t where b is null"),
        ("select a from t order by b desc", "select a from t order by b asc"),
        ("begin; delete from t; commit", "delete from t; commit"),
        ("begin; delete from t; commit", "begin; delete from t;"),
        ("update t set a = 1, b = 2 where c", "update t set a = 1 where c"),
        ("update t set a = 1, b = 2 where c", "update t set b = 2 where c"),
        ("update t set a = 1, b = 2 where c", "update t set a = 1, b = 2"),
        (
            "select sum(x) over (partition by a, b order by c) from t",
            "select sum(x) over (partition by b order by c) from t",
        ),
        (
            "select sum(x) over (partition by a order by c) from t",
            "select sum(x) over ( order by c) from t",
        ),
        (
            "merge into t using s on t.a = s.a when matched and s.b > t.b then delete"
            " when not matched then insert by name",
            "merge into t using s on t.a = s.a when matched then delete"
            " when not matched then insert by name",
        ),
        (
            "merge into t using s on t.a = s.a when matched then delete"
            " when not matched then insert by name",
            "merge into t using s on t.a = s.a when not matched then insert by name",
        ),
        ("insert into t values (1) on conflict (a, b) do nothing",
         "insert into t values (1) on conflict (b) do nothing"),
    ],
)  # fmt: skip
def test_sql(text, other):
    assert other in of_sql(text), of_sql(text)


def test_an_edit_of_sql_leaves_statements():
    text = "select a, max(b) from t where c and d group by a having e order by a, b limit 5"
    assert all(sql.parses(edit.applied(text)) for edit in sql.edits(text))
    assert not list(sql.edits("no statement at all, but and < 5"))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("def f():\n    a()\n    b()\n", "def f():\n    b()\n"),
        ("def f():\n    a()\n", "def f():\n    pass\n"),
        ("def f():\n    a()\n    b()\n", "def f():\n    b()\n    a()\n"),
        ("for x in y:\n    a()\n", "pass\n"),
        ("if x:\n    a()\n", "if True:\n    a()\n"),
        ("if x and y:\n    a()\n", "if (x):\n    a()\n"),
        ("if x and (y or z):\n    a()\n", "if (y or z):\n    a()\n"),
        ("if x and y:\n    a()\n", "if ((x) or (y)):\n    a()\n"),
        ("if not x:\n    a()\n", "if (x):\n    a()\n"),
        ("if x < 3:\n    a()\n", "if x <= 3:\n    a()\n"),
        ("if x is not None:\n    a()\n", "if x is None:\n    a()\n"),
        ("if x not in y:\n    a()\n", "if x in y:\n    a()\n"),
        ("if x:\n    a()\n", "if False:\n    a()\n"),
        ("def f():\n    raise E\n", "def f():\n    pass\n"),
        ("try:\n    a()\nexcept E:\n    b()\n", "try:\n    a()\nexcept Exception:\n    b()\n"),
        (
            "try:\n    a()\nexcept Exception:\n    b()\n",
            "try:\n    a()\nexcept BaseException:\n    b()\n",
        ),
        ("try:\n    a()\nexcept (E, F):\n    b()\n", "try:\n    a()\nexcept (F,):\n    b()\n"),
        ("x = max(a, b)\n", "x = min(a, b)\n"),
        ("x = a.max()\n", "x = a.min()\n"),
        ("x = 20\n", "x = 21\n"),
        ("x = 20\n", "x = 19\n"),
        ("x = 20\n", "x = 22\n"),
        ("x = 0.5\n", "x = 0.55\n"),
        ("x = [a for a in b if a]\n", "x = [a for a in b if True]\n"),
        ("f(x, keep=True)\n", "f(x, keep=False)\n"),
        ('con.sql("select a from t where b")\n', 'con.sql("select a from t ")\n'),
        (
            'con.sql(f"select a from {t} where b = {c} and d")\n',
            'con.sql(f"select a from {t} where d")\n',
        ),
        (
            'con.sql("select a from t"\n        " where b < 3")\n',
            'con.sql("select a from t"\n        " where b <= 3")\n',
        ),
        ("x = 'ä'; y = 1 if a else 2\n", "x = 'ä'; y = 1 if True else 2\n"),
    ],
)
def test_python(text, other):
    found = {ast.dump(ast.parse(edit.applied(text))) for edit in python.edits(text)}
    assert ast.dump(ast.parse(other)) in found


def test_what_is_no_edit_of_behaviour_is_not_made():
    text = (
        '"""A module."""\n\n\ndef f():\n    """What it does, 3 times and more."""\n    return x\n'
    )
    changed = [edit.applied(text) for edit in python.edits(text)]
    assert changed == [text.replace("    return x\n", "")]


YAML = """
faults:
  throttled: retry   # asks again
  missing: stop
tries: 8
strict: true
who: [data, ops]
"""


def test_yaml():
    found = {edit.what: edit.applied(YAML) for edit in documents.yaml_edits(YAML)}
    assert "  throttled" not in found["drops the key throttled"]
    assert "asks again" not in found["drops the key throttled"]
    assert "faults" not in found["drops the key faults"]
    assert "throttled: stop" in found["throttled becomes stop"]
    assert "tries: 9" in found["tries becomes 9"]
    assert "strict: false" in found["strict becomes false"]
    assert "who: [ops]" in found["drops item 1"]


def test_markdown():
    text = "# A\n\nOne.\n\n## B\n\n- after 15 days\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
    found = {edit.applied(text) for edit in documents.markdown_edits(text)}
    assert "# A\n\nOne.\n\n" in found
    assert text.replace("15", "16") in found
    assert text.replace("- after 15 days\n", "") in found
    assert text.replace("| 1 | 2 |\n", "") in found
    assert text.replace("|---|---|\n", "") not in found


def test_a_registered_text_is_edited_as_what_it_is():
    query = 'lab.exercise("one", """select a from t where b""")'
    assert query.replace(" where b", " ") in {e.applied(query) for e in answers.edits_of(query)}
    policy = 'lab.exercise("one", text="""\nretry: 3\n""")'
    assert policy.replace("3", "4") in {e.applied(policy) for e in answers.edits_of(policy)}


def test_dropping_a_statement_takes_its_line():
    assert dropped("a\nb\nc\n", 2, 3, "").applied("a\nb\nc\n") == "a\nc\n"
    assert dropped("a; b\n", 3, 4, "").applied("a; b\n") == "a; \n"


def test_two_edits_to_one_text_are_one_mutant_and_twins_have_two_keys():
    edits = [Edit("x", 0, 1, "c"), Edit("y", 0, 2, "c\n")]
    assert len(different("e", "s", "a\nb\n", edits)) == 1
    text = "a\nb\nc\n" * 2
    twins = different("e", "s", text, [Edit("x", 2, 3, "z"), Edit("x", 8, 9, "z")])
    assert twins[0].changes == twins[1].changes
    assert twins[0].key != twins[1].key


def test_a_key_holds_while_other_lines_change():
    one = Mutant("e", "s", "x", "head\n\na\nb\nc\n", "head\n\na\nc\n")
    two = Mutant("e", "s", "x", "other\nlines\n\na\nb\nc\n", "other\nlines\n\na\nc\n")
    assert one.key == two.key
    assert one.key != Mutant("e", "other", "x", one.original, one.text).key


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_right_answer_has_mutants_each_one_edit_away(exercise):
    there = answers.mutants(exercise)
    right = [section for section in exercise.sections if section.kind != "wrong"]
    assert {mutant.section for mutant in there} == {section.name for section in right}
    assert len({mutant.key for mutant in there}) == len(there)
    for mutant in there[::10]:
        ast.parse(mutant.text)
        pairs = zip(mutant.original.splitlines(), mutant.text.splitlines(), strict=False)
        same = sum(one == two for one, two in pairs)
        matcher = difflib.SequenceMatcher(None, mutant.original, mutant.text, autojunk=False)
        assert same or matcher.ratio() > 0.5


@pytest.mark.parametrize("lab", catalog.labs(), ids=lambda lab: lab.id)
def test_the_kept_list_has_a_reason_for_each(lab):
    rows = equivalents.kept(lab.id)
    assert {row.exercise for row in rows} <= set(lab.exercises)
    assert all(len(row.key) == 8 and len(row.reason) > 10 for row in rows)
    assert len({row.key for row in rows}) == len(rows)


def test_a_row_of_the_kept_list():
    row = equivalents._row("0a1b2c3d | load-day | reference | drops: a | b | nobody reads it")
    assert (row.what, row.reason) == ("drops: a | b", "nobody reads it")


TASK = catalog.find("transition")


def _mutant(text):
    return Mutant(TASK.id, "reference", "x", TASK.reference.text, text)


def test_a_mutant_is_judged_as_an_answer_is():
    assert judging.judged(_mutant(TASK.reference.text)).outcome == "PASSED"
    wrong = next(section for section in TASK.sections if section.kind == "wrong")
    one = judging.judged(_mutant(wrong.text))
    assert (one.outcome, one.caught) == (wrong.finding, True)
    assert judging.judged(_mutant("1 / 0")).outcome == "ERROR"


def test_a_check_that_breaks_is_not_a_catch(monkeypatch):
    def broken(*_):
        raise IndexError("of the check")
        yield

    monkeypatch.setattr(judging.judge, "tried", broken)
    one = judging.judged(_mutant(TASK.reference.text))
    assert (one.outcome, one.caught) == ("NO VERDICT", False)
    assert "the check broke: IndexError: of the check" in command.survivor(one)


def test_a_sample_is_the_same_each_time_and_in_order():
    there = [_mutant(str(number)) for number in range(50)]
    drawn = command.sampled(there, 10, 7)
    assert drawn == command.sampled(there, 10, 7) != command.sampled(there, 10, 8)
    assert [int(mutant.text) for mutant in drawn] == sorted(int(m.text) for m in drawn)
    assert command.sampled(there, 0, 7) == there


def test_the_figures_leave_equivalents_out():
    told = [judging.Judged(_mutant(str(n)), "PASSED" if n == 0 else "ERROR") for n in range(4)]
    line, share = command.summary("transition", told, 5, 9)
    assert share == 0.75
    assert line == (
        "transition: 5 drawn of 9 mutants, 1 equivalent, 3 caught (3 ERROR), 1 not: 75.0 %"
    )
