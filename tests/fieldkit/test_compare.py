"""Comparing two states: every kind of store, table and value; every kind of difference."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import sqlite3
from collections import Counter

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldkit.report.differences import sentence
from fieldkit.state.compare import Comparison
from fieldkit.state.scope import Scope
from fieldkit.state.stores import identify

quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def made(kind, path, statements):
    """A state of this kind at a path, made anew."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.unlink(missing_ok=True)
    con = duckdb.connect(str(path)) if kind == "duckdb" else sqlite3.connect(path)
    for statement in statements:
        con.execute(*([statement] if isinstance(statement, str) else statement))
    con.commit()
    con.close()
    return path


def deltas(one, other, scope=None, scratch=None):
    """What differs between two states of one kind."""
    comparison = Comparison([identify(one)], scope or Scope(), scratch or one.parent / "scratch")
    pictures = [comparison.look([place]) for place in (one, other)]
    return comparison.deltas([one], [other], *pictures)


@pytest.fixture(params=["duckdb", "sqlite"])
def differing(request, tmp_path):
    """Compare two tables, each made by statements."""

    def compare(one, other, scope=None):
        places = [
            made(request.param, tmp_path / side / "w.db", statements)
            for side, statements in (("a", one), ("b", other))
        ]
        return deltas(*places, scope)

    return compare


BASE = ["create table t (id integer, v varchar)", "insert into t values (1,'a'),(2,'b'),(3,'c')"]


@pytest.mark.parametrize(
    ("more", "kind", "size", "key"),
    [
        ("insert into t values (2, 'b')", "duplicated", 1, 2),
        ("insert into t values (2, 'z')", "duplicated", 1, 2),
        ("delete from t where id = 3", "lost", 1, 3),
        ("update t set v = 'z' where id > 1", "changed", 2, 2),
        ("insert into t values (9, 'z')", "unexpected", 1, 9),
        ("delete from t", "lost", 3, 1),
        ("update t set v = null where id = 1", "changed", 1, 1),
    ],
)
def test_each_kind_of_difference_by_key(differing, more, kind, size, key):
    (found,) = differing(BASE, [*BASE, more])
    assert (found.kind, found.size, found.table) == (kind, size, "t")
    assert found.examples[0].key == {"id": key}
    assert found.examples[0].kind == kind


def test_the_same_in_another_order_and_views_do_not_count(differing):
    turned = [BASE[0], "insert into t values (3,'c'),(1,'a'),(2,'b')", "create view v as select 1"]
    assert differing(BASE, turned) == []


def test_the_users_key_then_the_primary_key_then_a_guess(differing):
    scope = Scope(keys={"t": ("v",)})
    (found,) = differing(BASE, [*BASE, "update t set id = 9 where v = 'a'"], scope)
    assert found.examples[0].key == {"v": "a"}
    keyed = ["create table t (a integer, b integer, primary key (b))", "insert into t values (1,2)"]
    (found,) = differing(keyed, [*keyed, "insert into t values (5, 6)"])
    assert found.examples[0].key == {"b": 6}
    none = ["create table t (a integer, b integer)", "insert into t values (1,2),(1,2),(2,2)"]
    (found,) = differing(none, [*none, "delete from t where a = 2"])
    assert (found.kind, found.examples[0].key) == ("lost", {})


def test_tables_and_columns_that_come_and_go(differing):
    (found,) = differing(BASE, [*BASE, "create table u (i integer)"])
    assert (found.table, found.note) == ("u", "no uninterrupted run makes this table")
    (found,) = differing([*BASE, "create table u (i integer)"], BASE)
    assert found.note == "the table is missing"
    (found,) = differing(BASE, [*BASE, "alter table t add column n integer"])
    assert found.note == "column n: INTEGER instead of absent".replace(
        "INTEGER", found.note.split()[2]
    )
    assert found.kind == "columns"


def test_the_last_digits_of_a_sum_are_no_difference(differing):
    base = [
        "create table t (id integer, n integer, v double precision)",
        "insert into t values (1, 1, 7322.47), (2, 1, 0.0), (3, 1, null), (4, 1, 1e300)",
    ]
    noisy = [*base, "update t set v = 7322.469999999999 where id = 1"]
    (found,) = differing(base, noisy)
    assert (found.rounded, found.differs, found.changed) == (1, False, 0)
    (found,) = differing(base, [*noisy, "update t set v = 1.0 where id in (2, 3)"])
    assert (found.rounded, found.changed) == (1, 2)
    (found,) = differing(base, [*noisy, "update t set n = 2 where id = 1"])
    assert (found.rounded, found.changed) == (0, 1)
    (found,) = differing(base, [*base, "update t set v = 7322.470001 where id = 1"])
    assert (found.rounded, found.changed) == (0, 1)


def test_no_rows_and_odd_names(differing):
    odd = ['create table "select ""x"" ü.y" ("a b" integer, "order" integer)']
    assert differing(odd, odd) == []
    (found,) = differing(odd, [*odd, 'insert into "select ""x"" ü.y" values (1, null)'])
    assert (found.table, found.unexpected) == ('select "x" ü.y', 1)


def test_two_thousand_columns(differing):
    names = [f"c{n}" for n in range(2000)]
    wide = [
        f"create table t ({', '.join(n + ' integer' for n in names)})",
        f"insert into t values ({', '.join('1' for _ in names)})",
    ]
    assert differing(wide, wide) == []
    (found,) = differing(wide, [*wide, "update t set c1777 = 2"])
    assert found.size == 1


TYPES = {
    "NaN": ("double", "'nan'", "0"),
    "nested": ("integer[][]", "[[1], [2]]", "[[1, 2]]"),
    "NULL in a list": ("integer[]", "[null]", "[]"),
    "struct": ("struct(a integer, b varchar)", "{'a': 1, 'b': 'x'}", "{'a': 1, 'b': null}"),
    "map": ("map(varchar, integer)", "map {'a': 1}", "map {'a': 2}"),
    "decimal": ("decimal(38, 10)", "0.1", "0.1000000001"),
    "blob": ("blob", r"'\x00\xff'", r"'\x00\xfe'"),
    "time with zone": ("timestamptz", "'2024-01-01 00:00:00+00'", "'2024-01-01 00:00:00+01'"),
    "union": ("union(n integer, s varchar)", "1", "'1'"),
    "huge": ("hugeint", "170141183460469231731687303715884105727", "1"),
    "bit": ("bit", "'101'", "'0101'"),
    "uuid": (
        "uuid",
        "'00000000-0000-0000-0000-000000000001'",
        "'00000000-0000-0000-0001-000000000000'",
    ),
    "time with zone of day": ("timetz", "'12:00:00+00'", "'12:00:00+01'"),
    "nanoseconds": ("timestamp_ns", "'2024-01-01 00:00:00.000000001'", "'2024-01-01'"),
    "boolean": ("boolean", "false", "null"),
    "array": ("integer[2]", "[1, 2]", "[2, 1]"),
    "nested empty": ("integer[][]", "[[], [1]]", "[[1], []]"),
    "interval": ("interval", "'1 day'", "'1 month'"),
}


@pytest.mark.parametrize("name", TYPES)
def test_values_of_every_type(tmp_path, name):
    kind, one, other = TYPES[name]
    places = [
        made("duckdb", tmp_path / side / "w.db", [f"create table t (id int, v {kind})",
             f"insert into t values (1, {value}), (2, {one})"])
        for side, value in (("a", one), ("b", one), ("c", other))
    ]  # fmt: skip
    assert deltas(places[0], places[1]) == []
    (found,) = deltas(places[0], places[2])
    assert (found.kind, found.size) == ("changed", 1)


def test_schemas_sequences_generated_columns_and_a_log_not_yet_applied(tmp_path):
    rich = [
        "create schema s", "create sequence q", "create macro m(a) as a + 1",
        "create table s.t (id integer default nextval('q'), v integer, "
        "twice integer generated always as (v * 2))",
        "insert into s.t (v) values (1), (2)",
    ]  # fmt: skip
    one = made("duckdb", tmp_path / "a" / "w.db", rich)
    other = tmp_path / "b" / "w.db"
    other.parent.mkdir()
    con = duckdb.connect(str(other))
    for statement in [*rich, "checkpoint", "insert into s.t (v) values (3)"]:
        con.execute(statement)
    copied = tmp_path / "c"
    shutil.copytree(other.parent, copied)  # as a killed process would leave it
    con.close()
    assert (copied / "w.db.wal").exists()
    before = (copied / "w.db.wal").read_bytes()
    (found,) = deltas(one, copied / "w.db")
    assert (found.table, found.unexpected) == ("s.t", 1)
    assert (copied / "w.db.wal").read_bytes() == before, "looking changes nothing"


def test_sqlite_as_a_killed_process_leaves_it(tmp_path):
    one = made("sqlite", tmp_path / "a" / "w.db", BASE)
    other = made("sqlite", tmp_path / "b" / "w.db", ["pragma journal_mode = wal", *BASE])
    con = sqlite3.connect(other)
    con.execute("insert into t values (4, 'd')")
    con.commit()
    shutil.copytree(other.parent, tmp_path / "c")
    con.close()
    before = {p.name: p.read_bytes() for p in (tmp_path / "c").iterdir()}
    assert "w.db-wal" in before
    (found,) = deltas(one, tmp_path / "c" / "w.db")
    assert found.unexpected == 1
    assert {p.name: p.read_bytes() for p in (tmp_path / "c").iterdir()} == before


ROWS = [{"id": n, "name": f"n{n}", "v": n / 2} for n in range(30)]


def lake(folder, rows, form, parts=1):
    """Rows as files of a format, spread over hive partitions and files."""
    for number in range(parts):
        mine = rows[number::parts]
        place = folder / "orders" / f"part={'x' if form == 'parquet' else 'y'}"
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{random.random()}.{form}"
        if form == "parquet":
            con = duckdb.connect()
            con.execute("create table t (id integer, name varchar, v double)")
            con.executemany("insert into t values (?, ?, ?)", [list(r.values()) for r in mine])
            con.execute(f"copy t to '{file}'")
            continue
        if form.startswith("csv"):
            lines = ["id,name,v", *(",".join(map(str, row.values())) for row in mine)]
        else:
            lines = [json.dumps(row) for row in mine]
        data = ("\n".join(lines) + "\n").encode()
        file.write_bytes(gzip.compress(data) if form.endswith("gz") else data)
    return folder


@pytest.mark.parametrize("form", ["parquet", "csv", "csv.gz", "jsonl", "json", "jsonl.gz"])
def test_folders_of_every_format(tmp_path, form):
    one = lake(tmp_path / "a", ROWS, form)
    same = lake(tmp_path / "b", ROWS[::-1], form, parts=3)
    assert deltas(one, same, scratch=tmp_path / "scratch") == []
    changed = [*ROWS[:9], ROWS[9] | {"v": -1.0}, *ROWS[10:]]
    other = lake(tmp_path / "c", changed, form, parts=2)
    (found,) = deltas(one, other, scratch=tmp_path / "scratch")
    assert (found.table, found.kind, found.size) == ("orders", "changed", 1)
    assert str(found.examples[0].key["id"]) == "9"
    half = lake(tmp_path / "d", ROWS, form)
    (file,) = half.rglob(f"*.{form}")
    file.write_bytes(file.read_bytes()[:-20])
    (found,) = deltas(one, half, scratch=tmp_path / "scratch")
    assert found.kind in ("unreadable", "lost", "changed", "columns")
    if form in ("parquet", "csv.gz", "jsonl.gz", "jsonl"):
        assert file.name in found.note


def test_other_files_are_compared_by_content(tmp_path):
    for side, text in (("a", "1"), ("b", "2")):
        (tmp_path / side / "deep").mkdir(parents=True)
        (tmp_path / side / "deep" / "state.bin").write_text(text)
        (tmp_path / side / "manifest.json").write_text('{\n "files": []\n}')
    (found,) = deltas(tmp_path / "a", tmp_path / "b", scratch=tmp_path / "scratch")
    assert (found.table, found.kind) == ("(other files)", "changed")
    assert found.examples[0].key == {"path": "deep/state.bin"}


values = st.tuples(
    st.integers(-3, 3),
    st.one_of(st.none(), st.sampled_from(["", "a", "b", "ü", "1"])),
    st.one_of(st.none(), st.sampled_from([0.5, -0.5, 2.0])),
)
tables = st.lists(values, max_size=6)
STORES = ["duckdb", "sqlite", "folder"]


def printed(kind, folder, rows):
    """The fingerprint of these rows in a store of this kind."""
    if kind == "folder":
        shutil.rmtree(folder / "lake", ignore_errors=True)
        (folder / "lake").mkdir(parents=True)
        keys = ("a", "b", "c")
        lines = [json.dumps(dict(zip(keys, row, strict=True))) for row in rows]
        (folder / "lake" / "t.jsonl").write_text("".join(line + "\n" for line in lines))
        place = folder / "lake"
    else:
        insert = [("insert into t values (?, ?, ?)", list(row)) for row in rows]
        shape = "create table t (a integer, b varchar, c double)"
        place = made(kind, folder / f"w.{kind}", [shape, *insert])
    picture = Comparison([identify(place)], Scope(), folder / "scratch").look([place])
    return next(iter(picture.values())).print if picture else None


@pytest.mark.parametrize("kind", STORES)
@quick
@given(rows=tables.filter(bool), other=tables.filter(bool), chance=st.randoms())
def test_fingerprints_are_equal_exactly_where_the_rows_are(tmp_path, kind, rows, other, chance):
    one = printed(kind, tmp_path, rows)
    assert printed(kind, tmp_path, chance.sample(rows, len(rows))) == one
    assert printed(kind, tmp_path, [*rows, chance.choice(rows)]) != one, "a duplicated row"
    assert printed(kind, tmp_path, [*rows[1:], (*rows[0][:2], 99.5)]) != one, "a changed row"
    if len(rows) > 1:
        assert printed(kind, tmp_path, rows[1:]) != one, "a lost row"
    assert (printed(kind, tmp_path, other) == one) == (Counter(rows) == Counter(other))


MART = "create table mart (day varchar, country varchar, n integer, cents integer)"


def test_a_measure_is_never_taken_for_a_key(differing):
    """Unique by chance in a small table: the values differ, no row is missing."""
    rows = [(f"2026-11-0{d}", c, d, 1000 * d + len(c)) for d in (1, 2) for c in ("a", "bb", "ccc")]
    insert = "insert into mart values (?, ?, ?, ?)"
    one = [MART, *((insert, row) for row in rows)]
    other = [*one, "update mart set cents = cents + 7 where country = 'bb'"]
    (found,) = differing(one, other)
    assert (found.changed, found.lost, found.unexpected, found.kind) == (2, 0, 0, "changed")
    assert set(found.examples[0].key) == {"day", "country"}


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ("insert into m select * from m", "duplicated", "each of them is there twice"),
        ("update m set amount = amount + 1 where amount < 4", "changed", "2 with other values"),
        ("delete from m where amount < 4", "lost", "2 lost, 1 same"),
        ("insert into m values ('a', 9), ('a', 8), ('b', 9)", "unexpected", "3 unexpected"),
        (
            "update m set amount = amount + 9; insert into m values ('a', 77)",
            "changed",
            "1 unexpected, 3 with other values",
        ),
    ],
)
def test_words_fit_rows_without_a_key(differing, change, kind, told):
    one = [
        "create table m (shop varchar, amount integer)",
        "insert into m values ('a', 2), ('b', 3), ('b', 5)",
    ]
    (found,) = differing(one, [*one, *change.split("; ")])
    assert (found.kind, found.keyed) == (kind, False)
    assert told in sentence(found)


def test_decimal_texts_are_no_key_in_a_csv_file(tmp_path):
    """As a mart is exported: all columns are text there."""
    for side, more in (("a", 0), ("b", 1)):
        (tmp_path / side / "out").mkdir(parents=True)
        lines = [f"{shop},{n},{n * 3 + more}.25" for n in (1, 2) for shop in ("x", "y")]
        lines = [line if line[0] == "x" else line.replace(".25", ".75") for line in lines]
        (tmp_path / side / "out" / "m.csv").write_text("shop,n,net\n" + "\n".join(lines) + "\n")
    (found,) = deltas(tmp_path / "a", tmp_path / "b")
    assert found.kind == "changed" and set(found.examples[0].key) <= {"shop", "n"}


@pytest.mark.parametrize("both", [False, True], ids=["some", "all"])
def test_rows_twice_under_keys_of_their_own_are_twice(differing, both):
    """As an identity column numbers whatever is inserted: no row holds other values."""
    one = [
        "create table t (id integer, sku varchar, amount integer)",
        *(f"insert into t values ({n}, 's{n % 4}', {n * 7 % 5})" for n in range(1, 9)),
    ]
    again = f"insert into t select id + 8, sku, amount from t where id < {99 if both else 4}"
    (found,) = differing(one, [*one, again])
    assert (found.kind, found.apart) == ("duplicated", "id")
    told = "each of them is there twice, under another id" if both else "3 duplicated under anoth"
    assert told in sentence(found)
    other = "insert into t select id + 8, sku, amount + 50 from t where id < 4"
    (found,) = differing(one, [*one, other])
    assert (found.kind, found.apart) == ("unexpected", "")
