"""The counted connection: every statement is a kill point, and only committed rows survive."""

from __future__ import annotations

import itertools
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from labs.handles.database import Connection, Database, Warehouse
from workbook import Crash
from workbook.plain import Wire

SETUP = "create table t (a integer); insert into t values (1), (2), (3)"
_numbers = itertools.count()


@pytest.fixture(params=["memory", "file"])
def warehouse(request, tmp_path):
    number = next(_numbers)
    place = f"memory:counted_{number}" if request.param == "memory" else str(tmp_path / "w.duckdb")
    with Warehouse(setup=SETUP, place=place) as made:
        yield made


@pytest.fixture
def memory():
    with Warehouse(setup=SETUP, place=f"memory:counted_{next(_numbers)}") as made:
        yield made


def no_turn():
    """What a handle calls before each effect when nobody takes turns."""


def run(warehouse, script, **options):
    """Run `script(con)` as an answer; returns the evidence, its value and what it raised."""
    handle = warehouse.handle(**options)
    value, raised = None, None
    try:
        value = script(handle.open(no_turn))
    except (Crash, Exception) as error:
        raised = error
    finally:
        handle.close()
    return handle.evidence(), value, raised


def rows(warehouse):
    return [a for (a,) in warehouse.rows("from t order by all")]


def written(evidence):
    """Rows written, whatever the table."""
    return sum(evidence["written"].values())


def frame(*values):
    return pd.DataFrame({"a": list(values)})


def by_execute(con):
    con.execute("insert into t values (4)")


def by_parameters(con):
    con.execute("insert into t values (?)", [4])


def by_named_parameters(con):
    con.execute("insert into t values ($a)", {"a": 4})


def by_sql(con):
    con.sql("insert into t values (4)")


def by_query(con):
    con.query("insert into t values (4)")


def by_sql_parameters(con):
    con.sql("insert into t values (?)", params=[4])


def by_executemany(con):
    con.executemany("insert into t values (?)", [[4]])


def by_append(con):
    con.append("t", frame(4))


def by_append_by_name(con):
    con.append("t", frame(4), by_name=True)


def by_insert(con):
    con.table("t").insert([4])


def by_insert_into(con):
    con.table("t").filter("a = 1").select("a + 3").insert_into("t")


def by_relation_query(con):
    con.table("t").query("v", "insert into t select 4 from v limit 1")


def by_returning(con):
    assert con.sql("insert into t values (4) returning a").fetchall() == [(4,)]


def by_cursor(con):
    con.cursor().execute("insert into t values (4)")


def by_frame(con):
    batch = frame(4)
    con.execute("insert into t select * from batch")
    assert len(batch) == 1


def by_registered_frame(con):
    con.register("incoming", frame(4))
    con.execute("insert into t from incoming")
    con.unregister("incoming")


def by_merge(con):
    con.execute("""
        merge into t using (select 4 as a) s on t.a = s.a
        when not matched then insert values (s.a)
    """)


ONE_ROW = [
    by_execute, by_parameters, by_named_parameters, by_sql, by_query, by_sql_parameters,
    by_executemany, by_append, by_append_by_name, by_insert, by_insert_into, by_relation_query,
    by_returning, by_cursor, by_frame, by_registered_frame, by_merge,
]  # fmt: skip


class TestEveryFormOfCall:
    @pytest.mark.parametrize("script", ONE_ROW)
    def test_is_counted_once_and_tells_the_row_it_wrote(self, memory, script):
        evidence, _, raised = run(memory, script)
        assert raised is None
        assert len(evidence["log"]) == 1
        assert written(evidence) == 1
        assert (evidence["crashed"], evidence["vain_commits"]) == (False, 0)
        assert rows(memory) == [1, 2, 3, 4]

    @pytest.mark.parametrize("script", ONE_ROW)
    def test_is_a_point_at_which_the_process_dies(self, memory, script):
        evidence, _, raised = run(memory, script, crash_before=1)
        assert isinstance(raised, Crash)
        assert evidence["crashed"]
        assert (evidence["log"], written(evidence)) == ([], 0)
        assert rows(memory) == [1, 2, 3]

    @pytest.mark.parametrize("script", ONE_ROW)
    def test_dies_after_it_too_and_what_was_committed_stays(self, memory, script):
        evidence, _, raised = run(memory, script, crash_after=1)
        assert isinstance(raised, Crash)
        assert evidence["crashed"]
        assert rows(memory) == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("write", "changed", "after"),
        [
            (lambda con: con.table("t").update({"a": 8}, condition="a = 1"), 1, [2, 3, 8]),
            (lambda con: con.table("t").update({"a": 8}), 3, [8, 8, 8]),
            (lambda con: con.table("t").filter("a > 1").insert_into("t"), 2, [1, 2, 2, 3, 3]),
            (lambda con: con.table("t").filter("a > 1").create("u"), 2, [1, 2, 3]),
            (lambda con: con.table("t").to_table("u"), 3, [1, 2, 3]),
            (lambda con: con.table("t").create_view("u"), 0, [1, 2, 3]),
            (lambda con: con.table("t").to_view("u"), 0, [1, 2, 3]),
        ],
        ids=["update-some", "update", "insert_into", "create", "to_table", "create_view", "view"],
    )
    def test_a_relations_writing_methods_tell_how_many_rows(self, memory, write, changed, after):
        evidence, _, raised = run(memory, write)
        assert raised is None
        assert (len(evidence["log"]), written(evidence)) == (1, changed)
        assert rows(memory) == after

    @pytest.mark.parametrize(
        ("statement", "changed"),
        [
            ("insert into t select * from range(7)", 7),
            ("update t set a = 9 where a > 1", 2),
            ("delete from t", 3),
            ("create table u as from t", 3),
            ("create table u (a integer)", 0),
            ("truncate t", 3),
            ("insert into t select 1 where false", 0),
            ('select 5 as "Count"', 0),
            ('select count(*) as "Count" from t', 0),
            ("drop table t", 0),
        ],
    )
    @pytest.mark.parametrize("form", ["execute", "sql"])
    def test_rows_written(self, memory, form, statement, changed):
        evidence, _, _ = run(memory, lambda con: getattr(con, form)(statement))
        assert written(evidence) == changed

    @pytest.mark.parametrize(
        "write",
        [
            lambda con: con.execute("insert into t values (4)"),
            lambda con: con.execute('INSERT INTO main."T" values (4)'),
            lambda con: con.execute("with x as (select 4) insert into t from x"),
            lambda con: con.execute("update t set a = 4 where a = 1"),
            lambda con: con.execute("delete from t where a = 1"),
            lambda con: con.execute("create or replace table t as select 4 as a"),
            lambda con: con.sql("insert into t values (4)"),
            lambda con: con.append("T", frame(4)),
            lambda con: con.table("t").insert([4]),
            lambda con: con.table("main.t").update({"a": 4}, condition="a = 1"),
            lambda con: con.sql("select 4").insert_into("main.t"),
            lambda con: con.sql("select 4").insert_into(table_name="T"),
            lambda con: con.table("t").query("v", "insert into t select 4 from v limit 1"),
        ],
    )
    def test_rows_written_are_told_by_table(self, memory, write):
        evidence, _, raised = run(memory, write)
        assert raised is None
        assert {name: rows for name, rows in evidence["written"].items() if rows} == {"t": 1}

    def test_rows_written_by_execute_with_returning(self, memory):
        evidence, value, _ = run(
            memory,
            lambda con: con.execute("insert into t values (4) returning a").fetchall(),
        )
        assert value == [(4,)]
        assert written(evidence) == 1

    def test_reading_is_counted_but_writes_nothing(self, memory):
        def read(con):
            return (
                con.execute("select a from t order by a").fetchone(),
                con.fetchmany(1),
                con.fetchall(),
                con.fetchone(),
                con.sql("select max(a) from t").fetchall(),
                con.execute("from t").df().a.tolist(),
                len(con.table("t")),
                con.table("t")["a"].order("a").fetchall(),
            )

        evidence, value, _ = run(memory, read)
        assert value == ((1,), [(2,)], [(3,)], None, [(3,)], [1, 2, 3], 3, [(1,), (2,), (3,)])
        assert evidence["log"] == ["select a from t order by a", "select max(a) from t", "from t"]
        assert written(evidence) == 0

    def test_the_count_of_a_write_stays_readable(self, memory):
        def write(con):
            first = con.execute("insert into t values (4), (5)").fetchall()
            return first, con.execute("delete from t").fetchone(), con.fetchone(), con.fetchall()

        _, value, _ = run(memory, write)
        assert value == ([(2,)], (5,), None, [])

    def test_a_column_that_is_called_count_reads_as_without_counting(self, memory):
        _, value, _ = run(memory, lambda con: con.execute('select count(*) as "Count" from t').df())
        assert value["Count"].tolist() == [3]

    def test_transactions_by_methods_and_by_words(self, memory):
        def night(con):
            con.begin()
            con.execute("insert into t values (4)")
            con.commit()
            con.execute("begin transaction")
            con.execute("delete from t")
            con.rollback()

        evidence, _, raised = run(memory, night)
        assert raised is None
        assert len(evidence["log"]) == 6
        assert rows(memory) == [1, 2, 3, 4]

    @pytest.mark.parametrize("name", ["appender", "interrupt", "read_csv", "nonsense"])
    def test_what_is_not_offered_says_so(self, memory, name):
        _, _, raised = run(memory, lambda con: getattr(con, name))
        assert isinstance(raised, AttributeError)
        assert name in str(raised)
        assert "execute" in str(raised)
        assert "\n" not in str(raised)

    def test_results_of_sql_that_is_not_select(self, memory):
        def look(con):
            assert con.sql("") is None
            assert con.execute("") is con
            return (
                con.sql("describe t").fetchall()[0][:2],
                con.sql("pragma table_info('t')").fetchall()[0][1],
                con.sql("show tables").fetchall(),
            )

        _, value, raised = run(memory, look)
        assert raised is None
        assert value == (("a", "INTEGER"), "a", [("t",)])

    def test_a_relation_is_usable_like_duckdbs_own(self, memory):
        def combine(con):
            big = con.sql("select a + 10 as a from t")
            con.execute("insert into t select * from big where a = 11")
            both = con.table("t").union(con.table("t"))
            joined = con.table("t").set_alias("x").join(con.table("t").set_alias("y"), "x.a = y.a")
            return len(big), len(both), len(joined), "int32" in repr(con.table("t"))

        evidence, value, raised = run(memory, combine)
        assert raised is None
        assert value == (4, 8, 4, True)
        assert written(evidence) == 1

    @pytest.mark.parametrize("name", ["query", "parameters", "self", "target", "options", "_last"])
    @pytest.mark.parametrize("form", ["execute", "sql"])
    def test_a_frame_of_any_name_is_found(self, memory, form, name):
        space = {"frame": frame(4)}
        script = f"def script(con):\n {name} = frame\n con.{form}('insert into t from {name}')"
        exec(script, space)
        _, _, raised = run(memory, space["script"])
        assert raised is None
        assert rows(memory) == [1, 2, 3, 4]

    def test_a_frame_of_an_outer_call_or_of_the_page_is_found(self, memory):
        space = {"page": frame(5), "frame": frame(4)}
        script = """
def load(con, table):
    con.execute(f"insert into t from {table}")

def script(con):
    mine = frame
    load(con, "mine")
    load(con, "page")
"""
        exec(script, space)
        _, _, raised = run(memory, space["script"])
        assert raised is None
        assert rows(memory) == [1, 2, 3, 4, 5]


class TestSeveralStatements:
    def test_a_string_is_split_and_each_part_counted(self, warehouse):
        evidence, _, _ = run(
            warehouse,
            lambda con: con.execute("begin; insert into t values (4); delete from t; commit"),
        )
        assert [text.rstrip("; ") for text in evidence["log"]] == [
            "begin",
            "insert into t values (4)",
            "delete from t",
            "commit",
        ]
        assert written(evidence) == 5
        assert rows(warehouse) == []

    @pytest.mark.parametrize("form", ["execute", "sql"])
    def test_dies_between_the_parts(self, warehouse, form):
        text = "insert into t values (4); insert into t values (5); insert into t values (6)"
        evidence, _, raised = run(warehouse, lambda con: getattr(con, form)(text), crash_before=2)
        assert isinstance(raised, Crash)
        assert len(evidence["log"]) == 1
        assert rows(warehouse) == [1, 2, 3, 4]

    def test_parameters_belong_to_the_last_part(self, memory):
        run(memory, lambda con: con.execute("delete from t; insert into t values (?)", [9]))
        assert rows(memory) == [9]

    def test_executemany_is_a_kill_point_for_each_set(self, warehouse):
        sets = [[4], [5], [6]]
        evidence, _, _ = run(
            warehouse,
            lambda con: con.executemany("insert into t values (?)", sets),
            crash_before=3,
        )
        assert (len(evidence["log"]), written(evidence)) == (2, 2)
        assert rows(warehouse) == [1, 2, 3, 4, 5]

    def test_a_statement_that_does_not_parse_runs_nothing(self, memory):
        evidence, _, raised = run(
            memory, lambda con: con.execute("insert into t values (4); insertt")
        )
        assert isinstance(raised, duckdb.ParserException)
        assert evidence["log"] == []
        assert rows(memory) == [1, 2, 3]

    def test_comments_and_semicolons_in_texts_do_not_split(self, memory):
        evidence, _, raised = run(
            memory,
            lambda con: con.execute("-- first; then\ninsert into t select length('a;b') /* ; */"),
        )
        assert raised is None
        assert len(evidence["log"]) == 1
        assert rows(memory) == [1, 2, 3, 3]


def a_night(con):
    """Six statements in two transactions and one outside of them."""
    con.begin()
    con.execute("insert into t values (4)")
    con.commit()
    con.execute("insert into t values (5)")
    con.begin()
    con.execute("delete from t where a < 3")
    con.append("t", frame(6))
    con.commit()


#: Committed rows once so many statements of a_night have run.
COMMITTED = [[1, 2, 3]] * 3 + [[1, 2, 3, 4]] + [[1, 2, 3, 4, 5]] * 4 + [[3, 4, 5, 6]]


class TestCrashes:
    @pytest.mark.parametrize("k", range(1, 10))
    def test_before_each_statement_only_committed_rows_stay(self, warehouse, k):
        evidence, _, raised = run(warehouse, a_night, crash_before=k)
        assert isinstance(raised, Crash) == (k <= 8)
        assert evidence["crashed"] == (k <= 8)
        assert len(evidence["log"]) == min(k - 1, 8)
        assert rows(warehouse) == COMMITTED[min(k - 1, 8)]

    @pytest.mark.parametrize("k", range(1, 10))
    def test_after_each_statement_only_committed_rows_stay(self, warehouse, k):
        evidence, _, raised = run(warehouse, a_night, crash_after=k)
        assert isinstance(raised, Crash) == (k <= 8)
        assert len(evidence["log"]) == min(k, 8)
        assert rows(warehouse) == COMMITTED[min(k, 8)]

    @pytest.mark.parametrize("handler", ["except BaseException", "except:", "finally return"])
    def test_swallowed_it_is_remembered_and_the_connection_stays_dead(self, warehouse, handler):
        survived = []

        def swallow(con):
            try:
                a_night(con)
            except BaseException:
                survived.append(handler)
            for form in (
                lambda: con.execute("insert into t values (99)"),
                lambda: con.sql("insert into t values (99)"),
                con.commit,
                lambda: con.append("t", frame(99)),
                lambda: con.table("t").insert([99]),
                lambda: con.cursor().execute("insert into t values (99)"),
                lambda: con.executemany("insert into t values (?)", [[99]]),
            ):
                with pytest.raises(Crash):
                    form()
            return "done"

        evidence, value, _ = run(warehouse, swallow, crash_before=3)
        assert survived
        assert value == "done"
        assert evidence["crashed"]
        assert len(evidence["log"]) == 2
        assert rows(warehouse) == [1, 2, 3]

    def test_crash_is_not_an_exception(self):
        assert issubclass(Crash, BaseException)
        assert not issubclass(Crash, Exception)

    def test_a_crash_in_one_cursor_undoes_the_others(self, warehouse):
        def two(con):
            other = con.cursor()
            other.begin()
            other.execute("insert into t values (4)")
            con.execute("insert into t values (5)")

        evidence, _, _ = run(warehouse, two, crash_before=3)
        assert evidence["crashed"]
        assert rows(warehouse) == [1, 2, 3]

    def test_a_new_handle_starts_alive(self, warehouse):
        run(warehouse, a_night, crash_before=2)
        evidence, _, raised = run(warehouse, a_night)
        assert raised is None
        assert not evidence["crashed"]
        assert rows(warehouse) == COMMITTED[8]

    def test_a_transaction_left_open_is_undone_at_the_end(self, warehouse):
        def forget(con):
            con.begin()
            con.execute("insert into t values (4)")

        run(warehouse, forget)
        assert rows(warehouse) == [1, 2, 3]

    def test_closing_twice_or_using_with_is_fine(self, warehouse):
        def closes(con):
            with con:
                con.execute("insert into t values (4)")
            con.close()

        _, _, raised = run(warehouse, closes)
        assert raised is None
        assert rows(warehouse) == [1, 2, 3, 4]

    def test_results_that_the_answer_keeps_do_not_hold_the_file(self, warehouse):
        kept = []

        def keep(con):
            kept.append(con)
            kept.append(con.sql("from t"))
            kept.append(con.cursor().execute("from t"))

        for _ in range(2):
            _, _, raised = run(warehouse, keep)
            assert raised is None
        warehouse.execute("insert into t values (4)")
        assert rows(warehouse) == [1, 2, 3, 4]

    def test_a_real_kill(self, tmp_path):
        place = str(tmp_path / "killed.duckdb")
        with Warehouse(setup=SETUP, place=place) as warehouse:
            script = (
                "import sys; from labs.handles.database import Database\n"
                "con = Database(sys.argv[1], crash_before=4, kill=True).open(lambda: None)\n"
                "con.execute('insert into t values (4)'); con.begin()\n"
                "con.execute('insert into t values (5)'); con.commit(); print('alive')"
            )
            done = subprocess.run(
                [sys.executable, "-c", script, place], capture_output=True, check=False, timeout=60
            )
            assert (done.returncode, done.stdout) == (-9, b""), done.stderr
            assert rows(warehouse) == [1, 2, 3, 4]


class TestCursors:
    def test_share_the_count(self, memory):
        def two(con):
            other = con.duplicate()
            con.execute("insert into t values (4)")
            other.execute("insert into t values (5)")
            other.cursor().execute("insert into t values (6)")

        evidence, _, raised = run(memory, two, crash_before=3)
        assert isinstance(raised, Crash)
        assert (len(evidence["log"]), written(evidence)) == (2, 2)

    def test_see_only_what_others_committed(self, warehouse):
        def two(con):
            other = con.cursor()
            con.begin()
            con.execute("delete from t")
            return other.execute("select count(*) from t").fetchone()

        _, value, _ = run(warehouse, two)
        assert value == (3,)


def fails_in_a_transaction(fail):
    def script(con):
        con.execute("begin")
        con.execute("insert into t values (4)")
        with pytest.raises(duckdb.Error):
            fail(con)
        con.execute("commit")

    return script


class TestVainCommits:
    @pytest.mark.parametrize(
        "fail",
        [
            lambda con: con.execute("select 'x'::integer"),
            lambda con: con.execute("select nope from t"),
            lambda con: con.execute("insert into missing values (1)"),
            lambda con: con.execute("selec"),
            lambda con: con.append("t", pd.DataFrame({"a": ["x"]})),
            lambda con: con.sql("select ('x' || a)::integer from t").fetchall(),
            lambda con: con.sql("select 'x' as a").insert_into("t"),
            lambda con: con.table("t").insert(["x"]),
        ],
        ids=["cast", "bind", "catalog", "parse", "append", "lazy", "insert_into", "insert"],
    )
    def test_a_commit_after_an_error_is_noted_exactly_where_nothing_was_committed(
        self, warehouse, fail
    ):
        evidence, _, raised = run(warehouse, fails_in_a_transaction(fail))
        assert raised is None
        assert rows(warehouse) == [1, 2, 3]
        assert evidence["vain_commits"] == 1

    @pytest.mark.parametrize(
        "fail", [lambda con: con.sql("select nope from t"), lambda con: con.table("missing")]
    )
    def test_an_error_that_does_not_undo_the_transaction_is_not_noted(self, memory, fail):
        evidence, _, _ = run(memory, fails_in_a_transaction(fail))
        assert (rows(memory), evidence["vain_commits"]) == ([1, 2, 3, 4], 0)

    def test_other_forms_of_commit_are_noted_too(self, memory):
        for commit in ("commit", "COMMIT;", "end", "commit transaction", "/* x */ commit -- y"):

            def script(con, commit=commit):
                con.execute("begin")
                with pytest.raises(duckdb.Error):
                    con.execute("select nope")
                con.execute(commit)

            assert run(memory, script)[0]["vain_commits"] == 1, commit

    @pytest.mark.parametrize("ends", ["rollback", "abort"])
    def test_a_rollback_is_never_vain_nor_is_the_next_transaction(self, memory, ends):
        def script(con):
            con.begin()
            with pytest.raises(duckdb.Error):
                con.execute("select nope")
            con.execute(ends)
            con.begin()
            con.execute("insert into t values (4)")
            con.commit()

        evidence, _, raised = run(memory, script)
        assert raised is None
        assert evidence["vain_commits"] == 0
        assert rows(memory) == [1, 2, 3, 4]

    def test_an_error_outside_a_transaction_is_not_noted(self, memory):
        def script(con):
            with pytest.raises(duckdb.Error):
                con.execute("select nope")
            con.begin()
            con.execute("insert into t values (4)")
            con.commit()

        assert run(memory, script)[0]["vain_commits"] == 0

    def test_a_commit_without_a_transaction_raises_as_in_duckdb(self, memory):
        _, _, raised = run(memory, Connection.commit)
        assert isinstance(raised, duckdb.TransactionException)


class TestWatch:
    WATCH = "select count(*), sum(a)::integer from t"

    def test_sees_each_committed_state_once(self, warehouse):
        evidence, _, _ = run(warehouse, a_night, watch=self.WATCH)
        assert evidence["seen"] == [[(3, 6)], [(4, 10)], [(5, 15)]]
        assert "count(*)" not in " ".join(evidence["log"])

    def test_sees_a_gap_between_two_statements(self, warehouse):
        def replace(con):
            con.execute("delete from t")
            con.execute("insert into t values (1), (2), (3)")

        evidence, _, _ = run(warehouse, replace, watch="select count(*) from t")
        assert [(0,)] in evidence["seen"]

        def at_once(con):
            con.execute("begin; delete from t; insert into t values (1), (2), (3); commit")

        evidence, _, _ = run(warehouse, at_once, watch="select count(*) from t")
        assert evidence["seen"] == [[(3,)]]

    def test_nothing_is_seen_unless_asked(self, warehouse):
        assert run(warehouse, a_night)[0]["seen"] == []


class TestTurns:
    def test_are_taken_before_each_statement(self, memory):
        taken = []
        handle = memory.handle()
        con = handle.open(lambda: taken.append(1))
        a_night(con)
        handle.close()
        assert len(taken) == len(handle.evidence()["log"]) == 8


class TestWarehouse:
    def test_changes_of_the_judge_are_committed(self, warehouse):
        warehouse.execute("delete from t where a = 1; insert into t values (9)")
        assert rows(warehouse) == [2, 3, 9]
        assert run(warehouse, lambda con: con.execute("from t order by a").fetchall())[1] == [
            (2,),
            (3,),
            (9,),
        ]

    def test_fingerprints_show_a_change_and_its_undoing(self, warehouse):
        before = warehouse.fingerprint("t")
        warehouse.execute("delete from t where a = 1")
        assert warehouse.fingerprint("t") != before
        warehouse.execute("insert into t values (1)")
        assert warehouse.fingerprint("t") == before

    def test_is_gone_at_the_end(self, tmp_path):
        place = tmp_path / "gone.duckdb"
        for where in (str(place), f"memory:gone_{next(_numbers)}"):
            for _ in range(2):  # a place can be used again, and then starts empty
                with Warehouse(setup=SETUP, place=where) as warehouse:
                    run(warehouse, a_night)
        assert not place.exists()

    def test_two_warehouses_do_not_share_anything(self, tmp_path):
        places = [f"memory:apart_{next(_numbers)}", str(tmp_path / "apart.duckdb")]
        with (
            Warehouse(setup=SETUP, place=places[0]) as one,
            Warehouse(setup=SETUP, place=places[1]) as other,
        ):
            run(one, by_execute)
            assert (rows(one), rows(other)) == ([1, 2, 3, 4], [1, 2, 3])

    def test_the_handle_is_plain_data(self, tmp_path):
        wire = Wire(tmp_path, judging=True)
        handle = Database("memory:x", crash_before=3, watch="select 1")
        sent = Wire(tmp_path).decode(wire.encode({"con": handle}))["con"]
        assert sent == handle
        assert wire.decode(Wire(tmp_path).encode(handle.evidence())) == handle.evidence()

    def test_a_connection_is_what_the_answer_gets(self, memory):
        _, value, _ = run(memory, type)
        assert value is Connection


def test_nobody_acts_between_the_readers_look_and_the_statement(memory):
    handle = memory.handle(watch="select count(*) from t")
    con = handle.open(lambda: memory.execute("insert into t values (9)"))
    con.execute("select 1")
    handle.close()
    assert handle.evidence()["seen"] == [[(4,)]]
