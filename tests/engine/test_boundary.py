"""The answer boundary: an answer here and one in another process behave the same."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
import warnings
from dataclasses import replace

import pandas as pd
import pytest

from labs.handles.database import Database, Warehouse
from tests.engine.elsewhere import MODES, Elsewhere
from workbook import callee, local, session
from workbook.answer import AnswerFailed, AnswerTimedOut, Failure, ProtocolBroken, Step
from workbook.local import LocalAnswer

LIMIT = 1.0
PATIENCE = 60.0
OPENING = """
from workbook import callee

class Lab:
    def exercise(self, name):
        known = callee.REGISTERED.setdefault(name, callee.Registered(name, ""))
        def register(entry):
            known.entries[entry.__name__] = entry
            return entry
        return register

lab = Lab()
"""
STARTS_OVER = "callee.REGISTERED.clear()\n"


def here(text: str, limit: float = LIMIT) -> LocalAnswer:
    """The answer in this process."""
    space: dict = {"__name__": "__answer__"}
    known = dict(callee.REGISTERED)
    try:
        exec(callee.compile_answer(OPENING + STARTS_OVER, "page"), space)
        exec(callee.compile_answer(text, "here"), space)
        return LocalAnswer(callee.REGISTERED["here"], limit)
    finally:
        callee.REGISTERED.clear()
        callee.REGISTERED.update(known)


@pytest.fixture(scope="module", autouse=True)
def _imported():
    """What crosses as a frame for the first time imports what it needs: not within a limit."""
    local._taken(pd.DataFrame({"a": pd.array([1], "Int64")}))


@pytest.fixture(scope="module", params=MODES)
def elsewhere(request, tmp_path_factory):
    """One process for the whole module; `load` puts another answer in it."""
    folder = tmp_path_factory.mktemp("page")
    with Elsewhere("here", [OPENING, "pass"], LIMIT, cwd=folder, mode=request.param) as answer:
        yield answer


@pytest.fixture(params=["local", *MODES])
def answering(request):
    """Turns a text into an answer, here and in another process of each kind."""
    if request.param == "local":
        return lambda text: here(textwrap.dedent(text))
    answer = request.getfixturevalue("held")(request.param)

    def load(text):
        answer.load(STARTS_OVER + textwrap.dedent(text))
        return answer

    return load


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """One process of each kind for the whole module."""
    begun: dict[str, Elsewhere] = {}

    def of(mode):
        if mode not in begun:
            folder = tmp_path_factory.mktemp(mode)
            begun[mode] = Elsewhere("here", [OPENING, "pass"], LIMIT, cwd=folder, mode=mode)
            begun[mode].__enter__()
        return begun[mode]

    yield of
    for answer in begun.values():
        answer.__exit__()


ECHO = """
@lab.exercise("here")
def echo(**given):
    return given
"""


class TestCall:
    def test_gives_plain_data_and_gets_it_back(self, answering):
        given = {"n": 1, "l": [1, (2, None)], "d": {1: "x"}, "t": "ü\ud800\u2028'\"\\"}
        outcome = answering(ECHO).call(**given)
        assert outcome.value == given
        assert (outcome.failure, outcome.died, outcome.crashed, outcome.threads) == (
            None,
            False,
            False,
            (),
        )

    def test_frames_go_both_ways(self, answering):
        frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "t": ["x", None]})
        back = answering(ECHO).call(frame=frame).value["frame"]
        pd.testing.assert_frame_equal(back, frame, check_dtype=False)
        assert str(back["n"].dtype) == "Int64"
        assert back is not frame

    def test_an_empty_frame_is_an_answer_too(self, answering):
        text = """
        @lab.exercise("here")
        def answer():
            import pandas as pd
            return pd.DataFrame()
        """
        assert answering(text).call().value.shape == (0, 0)

    def test_the_answer_cannot_change_what_the_check_gave(self, answering):
        text = """
        @lab.exercise("here")
        def answer(rows, seen, frame):
            rows.append(9)
            rows[0]["x"] = 9
            seen.add(9)
            frame.loc[0, "a"] = 9
        """
        rows, seen, frame = [{"x": 1}], {1}, pd.DataFrame({"a": [1]})
        assert answering(text).call(rows=rows, seen=seen, frame=frame).failure is None
        assert (rows, seen, frame["a"].tolist()) == ([{"x": 1}], {1}, [1])

    def test_exceptions_are_told_with_the_learners_line(self, answering):
        text = """
        @lab.exercise("here")
        def answer(n):
            total = 1
            return total / n  # the line
        """
        outcome = answering(text).call(n=0)
        assert outcome.failure.type == "ZeroDivisionError"
        assert outcome.failure.message == "division by zero"
        assert outcome.failure.source == "return total / n  # the line"
        with pytest.raises(AnswerFailed, match="division by zero in answer, line"):
            outcome.value  # noqa: B018

    @pytest.mark.parametrize(
        ("statement", "kind"),
        [
            ("raise SystemExit(3)", "SystemExit"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("raise GeneratorExit", "GeneratorExit"),
            ("import sys; sys.exit()", "SystemExit"),
            ("def f(): f()\n    f()", "RecursionError"),
            ("nonsense", "NameError"),
            ("raise ValueError('one\\ntwo')", "ValueError"),
            ("raise ValueError", "ValueError"),
        ],
    )
    def test_whatever_is_raised_is_only_a_failure(self, answering, statement, kind):
        text = f"@lab.exercise('here')\ndef answer():\n    {statement}\n"
        failure = answering(text).call().failure
        assert failure.type == kind
        assert "\n" not in str(failure)

    def test_what_is_not_plain_is_a_failure(self, answering):
        for given in ("object()", "[lambda: 1]", "{'x': 1j}", "(r := [], r.append(r))[0]"):
            text = f"@lab.exercise('here')\ndef answer():\n    return {given}\n"
            outcome = answering(text).call()
            assert outcome.failure.type == "NotPlain", given
            assert outcome.result is None

    def test_objects_that_claim_to_be_right_do_not_reach_the_check(self, answering):
        text = """
        @lab.exercise("here")
        def answer():
            class Right(int):
                def __eq__(self, other): return True
                def __hash__(self): return 0
            return Right(3), {Right(3): Right(4)}
        """
        value = answering(text).call().value
        assert value == (3, {3: 4})
        assert value != (4, {3: 4})

    def test_an_answer_cannot_hand_a_handle_to_its_judge(self, answering):
        text = """
        @lab.exercise("here")
        def answer():
            from labs.handles.database import Database
            return Database("memory:stolen")
        """
        assert answering(text).call().failure.type == "NotPlain"

    def test_what_it_prints_is_kept_up_to_a_bound(self, answering, capsys):
        text = """
        @lab.exercise("here")
        def answer(n):
            import sys, warnings
            warnings.warn("not on the page")
            print("out", end="")
            print("err", file=sys.stderr, end="")
            for _ in range(n):
                print("x" * 1000)
        """
        assert answering(text).call(n=0).printed == "outerr"
        assert 1000 < len(answering(text).call(n=100_000 // 1000).printed) <= callee.PRINTED
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_threads_that_are_left_running_are_named(self, answering):
        text = """
        import threading
        done = threading.Event()

        @lab.exercise("here")
        def answer(leave):
            if leave:
                threading.Thread(target=done.wait, name="left-over").start()
            else:
                done.set()
        """
        answer = answering(text)
        try:
            assert answer.call(leave=True).threads == ("left-over",)
        finally:
            assert answer.call(leave=False).threads == ()

    def test_missing_or_extra_arguments_are_a_failure(self, answering):
        text = "@lab.exercise('here')\ndef answer(a):\n    return a\n"
        answer = answering(text)
        assert answer.call().failure.type == "TypeError"
        assert answer.call(a=1, b=2).failure.type == "TypeError"
        assert answer.call(a=1).value == 1

    def test_the_learners_module_keeps_its_state(self, answering):
        text = """
        count = 0

        @lab.exercise("here")
        def answer():
            global count
            count += 1
            return count
        """
        answer = answering(text)
        assert [answer.call().value for _ in range(3)] == [1, 2, 3]


class TestMap:
    TEXT = "@lab.exercise('here')\ndef answer(n):\n    return 10 // n\n"

    def test_calls_once_for_each(self, answering):
        outcomes = answering(self.TEXT).map({"n": n} for n in (1, 0, 5))
        assert [o.result for o in outcomes] == [10, None, 2]
        assert [o.failure and o.failure.type for o in outcomes] == [
            None,
            "ZeroDivisionError",
            None,
        ]

    def test_of_nothing_is_nothing(self, answering):
        assert answering(self.TEXT).map([]) == []

    def test_many_in_one_message(self, answering):
        started = time.monotonic()
        outcomes = answering(self.TEXT).map([{"n": 1 + n % 7} for n in range(2_000)])
        assert [o.value for o in outcomes] == [10 // (1 + n % 7) for n in range(2_000)]
        assert time.monotonic() - started < PATIENCE

    def test_each_call_has_its_own_limit(self, answering):
        text = "@lab.exercise('here')\ndef answer():\n    import time; time.sleep(0.3)\n"
        assert len(answering(text).map([{}] * 5)) == 5

    def test_an_answer_that_was_never_defined(self, elsewhere):
        elsewhere.load(STARTS_OVER)
        outcomes = elsewhere.map([{}, {}])
        assert [o.failure.type for o in outcomes] == ["NameError", "NameError"]
        assert "here" in outcomes[0].failure.message


BREAKER = """
@lab.exercise("here")
class Breaker:
    made = 0

    def __init__(self, limit):
        Breaker.made += 1
        self.limit, self.failed = limit, []

    def note(self, error):
        self.failed.append(error)
        return self.failed

    def is_open(self):
        return len(self.failed) >= self.limit

@lab.exercise("here")
def reset(breaker_count):
    return Breaker.made == breaker_count
"""


class TestPlay:
    def test_a_class_is_made_and_its_methods_called(self, answering):
        script = [
            Step("p", "Breaker", {"limit": 2}),
            Step("p", "is_open"),
            Step("p", "note", {"error": "a"}),
            Step("p", "note", {"error": "b"}),
            Step("p", "is_open"),
            Step("p", "reset", {"breaker_count": 1}),
        ]
        outcomes = answering(BREAKER).play(script)
        assert [o.value for o in outcomes] == [None, False, ["a"], ["a", "b"], True, True]

    def test_what_it_returned_is_as_it_was_then(self, answering):
        """The list that grows between two steps is not one list."""
        notes = [Step("p", "note", {"error": n}) for n in range(3)]
        outcomes = answering(BREAKER).play([Step("p", "Breaker", {"limit": 9}), *notes])
        assert [o.value for o in outcomes[1:]] == [[0], [0, 1], [0, 1, 2]]

    def test_a_frame_that_grows_is_sent_each_time(self, answering):
        text = """
        import pandas as pd

        @lab.exercise("here")
        class Table:
            def __init__(self):
                self.frame = pd.DataFrame({"a": [0]})

            def add(self, a):
                self.frame.loc[len(self.frame)] = a
                return self.frame
        """
        answer = answering(text)
        script = [Step("p", "Table"), *[Step("p", "add", {"a": n}) for n in (1, 2)]]
        assert [len(o.value) for o in answer.play(script)[1:]] == [2, 3]

    def test_each_player_has_an_object_of_its_own(self, answering):
        script = [
            Step("p", "Breaker", {"limit": 1}),
            Step("q", "Breaker", {"limit": 1}),
            Step("p", "note", {"error": "a"}),
            Step("p", "is_open"),
            Step("q", "is_open"),
        ]
        assert [o.value for o in answering(BREAKER).play(script)][3:] == [True, False]

    def test_what_does_not_exist_is_a_failure_and_the_script_goes_on(self, answering):
        script = [
            Step("p", "note", {"error": "before it was made"}),
            Step("p", "Breaker", {}),
            Step("p", "Breaker", {"limit": 1}),
            Step("p", "nonsense"),
            Step("p", "limit"),
            Step("p", "is_open"),
        ]
        kinds = [o.failure.type if o.failure else o.value for o in answering(BREAKER).play(script)]
        assert kinds == [
            "AttributeError",
            "TypeError",
            None,
            "AttributeError",
            "TypeError",
            False,
        ]


INCREMENT = """
@lab.exercise("here")
def increment(con, by, careful=False):
    if careful:
        return con.execute("update t set n = n + ?", [by]).fetchall()
    (n,) = con.execute("select n from t").fetchone()
    print("read", n)
    con.execute("update t set n = ?", [n + by])
    return n
"""


class TestTwoPlayers:
    """Players take turns at each statement, in the order that the check wants."""

    SETUP = "create table t (n integer); insert into t values (0)"

    def play(self, answer, order, **options):
        with Warehouse(answer, self.SETUP) as warehouse:
            script = [
                Step(player, "increment", {"con": warehouse.handle(), "by": by} | options)
                for player, by in (("a", 1), ("b", 10))
            ]
            outcomes = answer.play(script, order)
            return outcomes, warehouse.rows("from t")

    def test_one_after_the_other(self, answering):
        outcomes, rows = self.play(answering(INCREMENT), "aaabbb")
        assert [o.value for o in outcomes] == [0, 1]
        assert rows == [(11,)]

    def test_interleaved_an_update_is_lost(self, answering):
        outcomes, rows = self.play(answering(INCREMENT), "ababab")
        assert [o.value for o in outcomes] == [0, 0]
        assert [o.printed for o in outcomes] == ["read 0\n", "read 0\n"]
        assert rows == [(10,)]
        _, rows = self.play(answering(INCREMENT), "aabbba")
        assert rows == [(1,)]

    def test_a_player_goes_on_when_the_other_has_finished(self, answering):
        """`b` has read, `a` runs to its end and closes, then `b` writes."""
        outcomes, rows = self.play(answering(INCREMENT), "abbaaab")
        assert [o.failure for o in outcomes] == [None, None]
        assert rows[0][0] in (1, 10, 11)

    def test_one_statement_cannot_be_split(self, answering):
        for order in ("abab", "aabb", "bbaa", "ba"):
            _, rows = self.play(answering(INCREMENT), order, careful=True)
            assert rows == [(11,)]

    def test_turns_beyond_the_end_or_too_few_do_no_harm(self, answering):
        for order in ("a", "b", "abababababababab"):
            outcomes, _ = self.play(answering(INCREMENT), order)
            assert [o.failure for o in outcomes] == [None, None]

    def test_what_the_page_shows_afterwards_is_as_before(self, capsys):
        filters, out, err = list(warnings.filters), sys.stdout, sys.stderr
        self.play(here(INCREMENT), "ababab")
        assert (sys.stdout, sys.stderr) == (out, err)
        assert warnings.filters == filters
        print("shown")
        assert capsys.readouterr().out == "shown\n"

    def test_one_that_never_ends_is_late_and_leaves_no_players_behind(self, answering):
        text = """
        @lab.exercise("here")
        def increment(con, by):
            if by == 10:
                con.execute("select 1")
                while True:
                    pass
            for _ in range(5):
                con.execute("select 2")
        """
        answer = answering(text)
        with pytest.raises(AnswerTimedOut):
            self.play(answer, "abab")
        until = time.monotonic() + PATIENCE
        while {t.name for t in threading.enumerate()} & {"a", "b"}:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert self.play(answering(INCREMENT), "ab")[1] == [(11,)]


LOAD = """
@lab.exercise("here")
def load(con, batch):
    con.execute("begin")
    con.execute("delete from t")
    con.execute("insert into t select * from batch")
    con.execute("commit")
    return con.execute("select count(*) from t").fetchone()[0]
"""
ROWS = "create table t (a integer); insert into t values (1), (2)"


class TestHandles:
    batch = pd.DataFrame({"a": pd.array([7, 8, 9], dtype="Int32")})

    def test_a_database_with_a_frame_named_in_sql(self, answering):
        answer = answering(LOAD)
        with Warehouse(answer, ROWS) as warehouse:
            outcome = answer.call(con=warehouse.handle(), batch=self.batch)
            assert outcome.value == 3
            assert warehouse.rows("from t order by a") == [(7,), (8,), (9,)]
        told = outcome.evidence["con"]
        assert (len(told["log"]), told["written"]["t"], told["crashed"]) == (5, 5, False)

    def test_an_error_of_duckdb_is_told_with_the_learners_line(self, answering):
        for call in ("con.execute('select nope')", "con.sql('select nope')", "con.table('nope')"):
            text = f"@lab.exercise('here')\ndef load(con):\n    x = 1\n    return {call}, x\n"
            answer = answering(text)
            with Warehouse(answer, ROWS) as warehouse:
                failure = answer.call(con=warehouse.handle()).failure
            assert failure.source == f"return {call}, x"
            assert failure.line >= 4
            assert "nope" in failure.message

    @pytest.mark.parametrize("k", range(1, 7))
    def test_a_crash_before_each_statement(self, answering, k):
        answer = answering(LOAD)
        with Warehouse(answer, ROWS) as warehouse:
            outcome = answer.call(con=warehouse.handle(crash_before=k), batch=self.batch)
            assert (outcome.crashed, outcome.died, outcome.failure) == (k <= 5, False, None)
            wanted = [(1,), (2,)] if k <= 4 else [(7,), (8,), (9,)]
            assert warehouse.rows("from t order by a") == wanted

    def test_a_crash_that_the_answer_swallows_is_a_crash(self, answering):
        text = """
        @lab.exercise("here")
        def load(con, batch):
            try:
                con.execute("delete from t")
            except BaseException:
                pass
            try:
                con.execute("delete from t")
            except:
                return "I know nothing"
        """
        answer = answering(text)
        with Warehouse(answer, ROWS) as warehouse:
            outcome = answer.call(con=warehouse.handle(crash_before=1), batch=self.batch)
            assert outcome.crashed
            assert warehouse.rows("select count(*) from t") == [(2,)]

    def test_one_handle_given_twice_is_new_each_time(self, answering):
        answer = answering(LOAD)
        with Warehouse(answer, ROWS) as warehouse:
            handle = warehouse.handle(crash_before=2)
            outcomes = answer.map([{"con": handle, "batch": self.batch}] * 2)
            assert [len(o.evidence["con"]["log"]) for o in outcomes] == [1, 1]
            again = replace(handle, crash_before=0)
            assert not answer.call(con=again, batch=self.batch).crashed

    def test_two_handles_in_one_call(self, answering):
        text = """
        @lab.exercise("here")
        def copy(one, other):
            rows = one.execute("from t").fetchall()
            other.executemany("insert into t values (?)", rows)
        """
        answer = answering(text)
        with Warehouse(answer, ROWS) as first, Warehouse(answer, ROWS) as second:
            outcome = answer.call(one=first.handle(), other=second.handle())
            assert outcome.failure is None
            assert {name: len(e["log"]) for name, e in outcome.evidence.items()} == {
                "one": 1,
                "other": 2,
            }
            assert second.rows("select count(*) from t") == [(4,)]

    def test_two_handles_to_one_place(self, answering):
        text = """
        @lab.exercise("here")
        def copy(one, other):
            one.execute("begin")
            one.execute("delete from t")
            seen = other.execute("select count(*) from t").fetchone()[0]
            one.execute("commit")
            return seen, other.execute("select count(*) from t").fetchone()[0]
        """
        answer = answering(text)
        with Warehouse(answer, ROWS) as warehouse:
            outcome = answer.call(one=warehouse.handle(), other=warehouse.handle())
            assert outcome.value == (2, 0)
            assert warehouse.rows("from t") == []

    def test_what_the_answer_keeps_does_not_block_the_next_call(self, answering):
        text = """
        kept = []

        @lab.exercise("here")
        def load(con, batch):
            con.begin()
            con.execute("insert into t values (99)")
            kept.extend([con, con.cursor(), con.table("t"), con.execute("from t")])
        """
        answer = answering(text)
        with Warehouse(answer, ROWS) as warehouse:
            for _ in range(2):
                outcome = answer.call(con=warehouse.handle(), batch=self.batch)
                assert outcome.failure is None
            assert warehouse.rows("select count(*) from t") == [(2,)]

    def test_a_query_that_never_ends(self, answering):
        text = """
        @lab.exercise("here")
        def load(con, batch):
            con.begin()
            con.execute("delete from t")
            con.execute("select sum(a.range * b.range) from range(1000000) a, range(1000000) b")
            con.fetchall()
        """
        answer = answering(text)
        with Warehouse(answer, ROWS) as warehouse:
            with pytest.raises(AnswerTimedOut):
                answer.call(con=warehouse.handle(), batch=self.batch)
            assert warehouse.rows("select count(*) from t") == [(2,)]
            answer = answering(LOAD)
            assert answer.call(con=warehouse.handle(), batch=self.batch).value == 3


def test_places_are_new_and_of_the_right_kind(answering, request):
    answer = answering(ECHO)
    places = [answer.place() for _ in range(3)]
    assert len(set(places)) == 3
    assert all(place.startswith("memory:") or not os.path.exists(place) for place in places)
    with Warehouse(answer, ROWS) as warehouse:
        is_file = os.path.exists(warehouse.place)
        assert is_file == isinstance(answer, Elsewhere)
    assert not os.path.exists(warehouse.place)


class TestLimits:
    NEVER = """
    @lab.exercise("here")
    def answer(how):
        while how != "return":
            try:
                while True:
                    pass
            except BaseException:
                pass
        return "here"
    """

    def test_an_answer_that_never_returns_is_ended_and_its_process_lives(self, answering):
        answer = answering(self.NEVER)
        process = getattr(answer, "process_id", None)
        started = time.monotonic()
        with pytest.raises(AnswerTimedOut):
            answer.call(how="loop")
        assert time.monotonic() - started < PATIENCE
        assert answer.call(how="return").value == "here"
        assert getattr(answer, "process_id", None) == process

    def test_one_that_cannot_be_ended_costs_only_its_process(self, elsewhere, monkeypatch):
        text = """
        import os
        import signal

        @lab.exercise("here")
        def answer(how):
            if how == "return":
                return "here"
            os.kill(os.getpid(), signal.SIGSTOP)
            return "woken"
        """
        elsewhere.load(STARTS_OVER + textwrap.dedent(text))
        process = elsewhere.process_id
        monkeypatch.setattr(session, "MARGIN", 1.0)
        with pytest.raises(AnswerTimedOut):
            elsewhere.call(how="block")
        monkeypatch.undo()
        assert elsewhere.call(how="return").value == "here"
        assert elsewhere.process_id != process


class TestDeaths:
    TEXT = """
    import os

    @lab.exercise("here")
    def answer(how):
        if how == "exit":
            os._exit(0)
        return os.getpid()
    """

    def test_an_answer_that_ends_its_process_and_the_next_one(self, elsewhere):
        elsewhere.load(STARTS_OVER + textwrap.dedent(self.TEXT))
        process = elsewhere.call(how="stay").value
        assert process != os.getpid()
        # A sandbox counts its processes from 1 on.
        assert (process == elsewhere.process_id) == (not elsewhere.session.isolated)
        outcome = elsewhere.call(how="exit")
        assert (outcome.died, outcome.crashed, outcome.failure) == (True, True, None)
        with pytest.raises(AnswerFailed) as caught:
            outcome.value  # noqa: B018
        assert caught.value.failure == Failure("ProcessDied", "your code ended its Python process")
        revived = elsewhere.call(how="stay").value
        assert (revived != process) == (not elsewhere.session.isolated)

    def test_a_real_kill_leaves_only_what_was_committed(self, elsewhere):
        elsewhere.load(STARTS_OVER + LOAD)
        with Warehouse(elsewhere, ROWS) as warehouse:
            given = {"batch": TestHandles.batch}
            outcome = elsewhere.call(con=warehouse.handle(crash_before=4, kill=True), **given)
            assert (outcome.died, outcome.crashed) == (True, True)
            assert warehouse.rows("from t order by a") == [(1,), (2,)]
            outcome = elsewhere.call(con=warehouse.handle(crash_after=4, kill=True), **given)
            assert outcome.died
            assert warehouse.rows("from t order by a") == [(7,), (8,), (9,)]
            assert elsewhere.call(con=warehouse.handle(), **given).value == 3

    def test_a_death_ends_the_rest_of_its_message(self, elsewhere):
        elsewhere.load(STARTS_OVER + textwrap.dedent(self.TEXT))
        outcomes = elsewhere.map([{"how": "stay"}, {"how": "exit"}, {"how": "stay"}])
        assert [o.died for o in outcomes] == [True] * 3


@pytest.mark.parametrize("mode", MODES)
def test_a_session_leaves_nothing_behind(tmp_path, mode):
    with Elsewhere("here", [OPENING, ECHO], LIMIT, cwd=tmp_path, mode=mode) as answer:
        folder, process = answer.session.exchange, answer.process_id
        assert answer.call(n=1).value == {"n": 1}
        assert folder.exists()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_forged_reply_runs_nothing(elsewhere, tmp_path):
    """The process belongs to the learner: what it sends is data, whatever it claims to be."""
    mark = tmp_path / "ran"
    text = f"""
    import sys
    from workbook import beside
    callee.REGISTERED["here"] = callee.Registered("here", "", {{"f": lambda: None}})
    real = beside._Worker._sent
    forged = {{"$": "handle", "v": "subprocess:getoutput", "with": {{"cmd": "touch {mark}"}}}}
    beside._Worker._sent = lambda self, outcome: real(self, outcome) | {{"result": forged}}
    """
    elsewhere.load(STARTS_OVER + textwrap.dedent(text))
    try:
        with pytest.raises(ProtocolBroken, match="handle"):
            elsewhere.call()
    finally:
        elsewhere.load(STARTS_OVER + "beside._Worker._sent = real")
    assert not mark.exists()


def test_database_is_a_handle():
    from workbook import Handle

    assert isinstance(Database("memory:x"), Handle)
    assert not isinstance({"open": 1}, Handle)
