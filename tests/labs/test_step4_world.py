"""What the page of step 4 shows and keeps: real kills, a night's moves, STATES.md, the command."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from xml.etree import ElementTree

import duckdb
import pytest

from labs.step4_state.world import World, stages
from labs.step4_state.world.deliveries import plain_days
from labs.step4_state.world.landing import reading
from labs.step4_state.world.nights import Nights
from labs.step4_state.world.page.document import ILLEGAL, document, following, picture, table
from labs.step4_state.world.page.process import load_of
from workbook import UsageError, catalog, open_lab, pages
from workbook.headless import answer_of
from workbook.local import LocalAnswer

LAB = catalog.load("step4_state")
SHIPPED = "\n\n".join(pages.starters(LAB.page)[e].source for e in ("load-day", "run-pipeline"))
REFERENCE = "\n\n".join(LAB.exercise(e).reference.text for e in ("load-day", "run-pipeline"))


@pytest.fixture(scope="module")
def world():
    return World(7, orders_per_day=20)


def transition():
    exercise = LAB.exercise("transition")
    return answer_of(LAB, exercise.id, exercise.reference.text).entry()


def test_a_real_kill_leaves_what_the_injected_one_does(world):
    told = str(world.real_kill(SHIPPED, before=14))
    assert told.endswith(
        "killed by the system before statement 14: it left the same rows as the injected kill"
    )


def test_a_run_that_is_not_killed_says_so(world):
    assert "ended well: it left the same" in str(world.real_kill(SHIPPED, 900))


def test_a_load_that_raises_is_told(world):
    broken = '@lab.exercise("run-pipeline")\ndef run(con, source):\n    con.execute("selct")\n'
    assert "the run raised ParserException" in str(world.real_kill(broken, before=3))


@pytest.mark.parametrize(("text", "wrong"), [(SHIPPED, True), (REFERENCE, False)])
def test_real_kills_show_the_append_and_clear_the_reference(world, text, wrong):
    lines = str(world.real_kills(text, count=3)).splitlines()[2:]
    assert len(lines) == 3
    assert all("killed by the system" in line for line in lines)
    assert all((" 0 " not in line) == wrong for line in lines)


def test_a_text_without_an_answer_is_refused():
    with pytest.raises(UsageError, match=r"registers no answer.*@lab\.exercise"):
        load_of("x = 1")


def test_the_observed_night_holds_every_event_and_follows_the_rules(seed):
    moves = stages.observed_night(seed)
    assert {move.event[0] for move in moves} == set(stages.EVENTS)
    for move in moves:
        event, day = move.event
        assert move.after[day] == stages.MOVES[move.before.get(day, stages.NEW), event]
        assert {**move.before, day: move.after[day]} == move.after


def test_a_dict_that_was_changed_is_told_with_its_days():
    given = stages.Days({dt.date(2026, 1, 5): "pending"})
    held = given.open(lambda: None)
    assert not given.evidence()["changed"]
    held[dt.date(2026, 1, 5)] = "landed"
    held[object()] = 5  # its own text is not asked for
    assert given.evidence() == {"changed": True, "now": "{2026-01-05: landed, object: int}"}


def test_a_night_alone_goes_on_in_a_copy_of_what_the_answer_loaded():
    """The second time nothing is loaded; what one copy gets is in no other."""
    exercise, days = LAB.exercise("run-pipeline"), plain_days(7, 2, per_day=5)
    answer = LocalAnswer(answer_of(LAB, exercise.id, exercise.reference.text), exercise.seconds)
    with Nights(answer, days[:1]) as nights:
        assert nights.ready_alone()
        assert len(nights.outcomes) == 1
        for _ in range(2):
            assert nights.ready_alone()
            assert nights.outcomes == [] == nights.wrong()
            nights.run(days[1])
            assert nights.wrong() == []


def nights_of(monkeypatch, name, kind):
    """By case of that kind, its nights: the options of each, and whether a kill ended it."""
    exercise, seen = LAB.exercise("run-pipeline"), []
    attempt = Nights.attempt

    def noted(self, *news, **options):
        outcome = attempt(self, *news, **options)
        seen.append((options, outcome.crashed))
        return outcome

    monkeypatch.setattr(Nights, "attempt", noted)
    section = next(s for s in exercise.sections if s.name == name)
    answer = LocalAnswer(answer_of(LAB, exercise.id, section.text), exercise.seconds)
    found = {}
    for case in exercise.cases(answer, 7):
        seen.clear()
        assert case.run() is None
        found[case.name] = list(seen)
    return {case: nights for case, nights in found.items() if case.startswith(kind)}


def reruns(found):
    return [sum(not options for options, _ in nights) for nights in found.values()]


def test_kills_that_have_left_the_same_are_run_again_once(monkeypatch):
    """In a transaction a kill leaves nothing; without one it leaves what was done until then."""
    held_back = nights_of(monkeypatch, "reference", "a new day, killed")
    assert reruns(held_back) == [1, *[0] * (len(held_back) - 2), 1]
    assert all(nights[0][1] for nights in held_back.values())
    name = "no transaction, every statement idempotent, the checkpoint last"
    at_once = reruns(nights_of(monkeypatch, name, "a new day, killed"))
    assert 4 < sum(at_once) < len(at_once)


def test_a_first_night_is_killed_in_both_of_its_days(monkeypatch):
    found = nights_of(monkeypatch, "reference", "the first night, killed")
    assert len(found) == 5
    assert all(nights[0][1] for nights in found.values())


def test_the_states_of_the_reference_are_the_rules():
    for row in table(transition()):
        state = row.pop("state").replace("(not there)", stages.NEW)
        assert row == {e: stages.MOVES.get((state, e), ILLEGAL) for e in stages.EVENTS}


def test_a_transition_that_always_raises_has_no_moves():
    def never(_state, _event):
        raise LookupError

    assert following(never, "pending", "land") == ILLEGAL
    assert str(picture(never)) == "Legal moves: none. Moves that no rule has: 0."


def test_the_document_to_keep_is_whole():
    kept = document(transition())
    assert set(kept) == {"STATES.md", "STATES.svg"}
    assert "| landed | pending | – | loaded |" in kept["STATES.md"]
    assert "](STATES.svg)" in kept["STATES.md"]
    assert ElementTree.fromstring(kept["STATES.svg"]).tag.endswith("svg")


@pytest.mark.parametrize(("name", "orders"), [("shipped", "more"), ("mine", "the same")])
def test_both_loads_are_commands(world, name, orders, tmp_path):
    for file, content in world.commands(SHIPPED, REFERENCE).items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content, encoding="utf-8")
    counts = []
    for arguments in (["--create"], [], []):
        command = [sys.executable, f"{name}.py", *arguments, "w.duckdb"]
        subprocess.run(command, cwd=tmp_path / "night", check=True)
        with duckdb.connect(str(tmp_path / "night" / "w.duckdb")) as con:
            counts += con.execute("select count(*) from fact_orders").fetchone()
    assert counts[0] == 0 < counts[1]
    assert (counts[2] > counts[1]) == (orders == "more")


def test_both_loads_stand_in_one_picture(world):
    shipped, mine = (load_of(text) for text in (SHIPPED, REFERENCE))
    plot = world.kill_plot(shipped, mine)
    assert re.search(r"as shipped: \d+ of \d+ kills: wrong rows, the board off by up to", str(plot))
    assert re.search(r"yours: (\d+) of \1 kills: same end state\.$", str(plot))
    assert "same end state</" in plot.svg


def test_a_move_that_no_rule_has_is_counted_and_has_no_label():
    told = str(picture(lambda state, event: {**state, event[1]: "landed"}))
    assert told.startswith("Legal moves: pending to landed by land.")
    assert told.endswith("Moves that no rule has: 38.")


def test_the_text_of_an_answer_holds_what_it_builds_on():
    lab = open_lab("step4_state", orders_per_day=20)
    with pytest.raises(UsageError, match="load-day is not defined yet"):
        lab.text("run-pipeline")
    assert lab.text("run-pipeline", starter=True) == SHIPPED


def test_documents_are_kept_in_a_workspace_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBOOK_HOME")
    files = {"STATES.md": "one\ntwo\n", "night/run.py": "pass\n"}
    lab = open_lab("step4_state", orders_per_day=20)
    assert str(lab.keep(files)) == "STATES.md: 2 lines; night/run.py: 1 line"
    assert list(tmp_path.iterdir()) == []
    many = {f"{n}.csv": "" for n in range(5)}
    assert str(lab.keep(many)) == "0.csv: 0 lines; 1.csv: 0 lines; 3 more files"
    (tmp_path / "workbook.toml").write_text('learner = ""\nseed = 7\n', encoding="utf-8")
    lab = open_lab("step4_state", orders_per_day=20)
    assert str(lab.keep(files)).endswith("kept beside this page")
    assert (tmp_path / "night" / "run.py").read_text(encoding="utf-8") == "pass\n"


def test_a_folder_named_like_a_column_adds_none_to_its_file(tmp_path):
    """Engines write day=2026-01-05/part-0.parquet; DuckDB would read the day from the path."""
    for name in ("part.parquet", "part.csv"):
        path = tmp_path / "day=2026-01-05" / name
        path.parent.mkdir(exist_ok=True)
        con = duckdb.connect()
        con.execute(f"copy (select 1 as order_id) to '{path}'")
        assert [row[0] for row in con.execute(f"describe {reading(path, '*')}").fetchall()] == [
            "order_id"
        ]
