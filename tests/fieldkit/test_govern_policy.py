"""The policy language: what is not named is hidden, and two roles combine as stated."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.errors import CannotRun
from fieldkit.govern import policy

TEXT = """
classes:
  customers.customer_id: key
  customers.name: identity
  customers.email: contact
  customers.birth_date: birth
  customers.country: place
  "orders.*": key
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: true}
    show: {key: clear, contact: hmac, birth: year, place: clear}
  support_us:
    rows: {customers: country = 'US'}
    show: {key: clear, identity: partial, contact: clear, place: clear}
  intern: {}
  admin:
    rows: {"*": true}
    show: {"*": clear}
"""
COLUMNS = ("customer_id", "name", "email", "birth_date", "country")


@pytest.fixture(scope="module")
def found():
    return policy.parse(TEXT)


def test_what_is_not_named_is_hidden(found):
    assert found.rule("analyst_eu", "customers", "email") == "hmac"
    assert found.rule("analyst_eu", "customers", "name") is None
    assert found.rule("support_us", "orders", "amount") is None, "no rows of it are named"
    assert found.rule("intern", "customers", "country") is None
    for role in found.roles:
        assert found.rule(role, "customers", "national_id") is None, "a new column"
        assert found.rule(role, "payments", "amount") is None, "a new table"
    assert found.rule("admin", "customers", "email") == "clear"
    assert found.rule("admin", "orders", "anything") == "clear", "the table is classified by *"
    assert found.view([], "customers", COLUMNS) == policy.View("customers")
    with pytest.raises(CannotRun, match="there is no role boss; there are: analyst_eu, support_us"):
        found.view(["analyst_eu", "boss"], "customers", COLUMNS)


def test_names_are_compared_as_sql_does(found):
    assert found.rule("analyst_eu", "Customers", "EMAIL") == "hmac"
    assert policy.parse(TEXT.replace("customers.email", "CUSTOMERS.Email")).classes == found.classes


def test_two_roles_show_a_cell_that_one_of_them_shows(found):
    view = found.view(["analyst_eu", "support_us"], "customers", COLUMNS)
    con = duckdb.connect()
    con.execute("""create table customers as select * from (values
        (1, 'Ada', 'ada@x.de', date '1990-01-02', 'DE'),
        (2, 'Bob', 'bob@x.us', date '1991-01-02', 'US'),
        (3, 'Cid', 'cid@x.jp', date '1992-01-02', 'JP'),
        (4, 'Dan', 'dan@x.xx', date '1993-01-02', null)
        ) t(customer_id, name, email, birth_date, country)""")
    rows = con.execute(
        view.query("customers", lambda rule, name: f"'{rule} ' || {name}")
    ).fetchall()
    assert rows == [
        ("clear 1", None, "hmac ada@x.de", "year 1990-01-02", "clear DE"),
        ("clear 2", "partial Bob", "clear bob@x.us", None, "clear US"),
    ]


def test_a_role_that_sees_no_column_adds_no_row():
    found = policy.parse(
        "{classes: {t.a: x, t.b: y}, roles: {one: {rows: {t: a = 1}, show: {x: clear}}, "
        "two: {rows: {t: true}}}}"
    )
    assert found.view(["one", "two"], "t", ["a", "b"]).rows == "(a = 1)"
    with pytest.raises(CannotRun, match="nothing of it is seen"):
        found.view("two", "t", ["a", "b"]).query("t", lambda rule, name: name)


def test_the_clearest_rule_counts():
    roles = {one: policy.Role({"t": "true"}, {"x": one}) for one in policy.RULES}
    found = policy.Policy({"t.a": "x"}, roles)
    for one, other in itertools.product(policy.RULES, repeat=2):
        clearest = min(one, other, key=policy.RULES.index)
        assert found.rule([one, other], "t", "a") == clearest


VALUES = st.sampled_from(["'DE'", "'de'", "null", "''"])
NAMED = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(policy.RULES))
CONDITIONS = st.sampled_from(["true", "(c = 'DE')", "(lower(c) = 'de')", "(c is null)", "false"])
ROLES = st.builds(policy.Role, st.dictionaries(st.sampled_from(["t", "*"]), CONDITIONS), NAMED)


@pytest.fixture(scope="module")
def con():
    """One database for all examples: to open one takes as long as ten of them."""
    with duckdb.connect() as opened:
        yield opened


@settings(max_examples=150, deadline=None)
@given(roles=st.lists(ROLES, max_size=4), countries=st.lists(VALUES, min_size=1, max_size=4))
def test_each_cell_is_the_clearest_of_the_roles_that_show_its_row(con, roles, countries):
    """The query of a view against the rule of the language, said cell by cell."""
    found = policy.Policy({"t.a": "a", "t.b": "b"}, {str(n): role for n, role in enumerate(roles)})
    view = found.view(found.roles, "t", ["a", "b", "c"])
    expected = []
    con.execute("create or replace table t (a varchar, b varchar, c varchar)")
    for country in countries:
        con.execute(f"insert into t values ('1', '2', {country})")
        row_of = f"from (select {country} as c)"
        sees = [
            role
            for role in roles
            if con.execute(f"select {role.condition('t')} {row_of}").fetchone()[0]
        ]
        row = {}
        for column in ("a", "b"):
            rules = [role.rule(column) for role in sees if role.rule(column)]
            row[column] = min(rules, key=policy.RULES.index) if rules else None
        if any(row.values()):
            expected.append(tuple(row[name] for name in view.columns))
    if not view.columns:
        assert expected == []
        return
    query = view.query("t", lambda rule, name: f"'{rule}'")
    # Rows of which a role sees the row, but none of its columns, are not rows of the view.
    seen = [row for row in con.execute(query).fetchall() if any(row)]
    assert seen == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "policy: says nothing of classes"),
        ("- a", "policy: write `name: value` lines"),
        ("classes: [", "is not valid YAML, line 1"),
        ("a: 1", "there is no a; there are: classes, roles"),
        ("{classes: {t.a: x}}", "says nothing of roles"),
        ("{classes: {t.a: x, t.a: y}, roles: {r: {}}}", "t.a is there twice"),
        ("{classes: {t.a: x, T.A: y}, roles: {r: {}}}", "T.A is there twice"),
        ("{classes: {t: x}, roles: {r: {}}}", "classes: t: write table.column"),
        ("{classes: {t.a: [x]}, roles: {r: {}}}", "classes: t.a: write a text"),
        ("{classes: {t.a: }, roles: {r: {}}}", "classes: t.a: write a text"),
        ("{classes: {t.a: x}, roles: [r]}", "roles: write `name: value`"),
        ("{classes: {t.a: x}, roles: {r: {inherits: s}}}", "roles: r: there is no inherits"),
        ("{classes: {t.a: x}, roles: {r: {show: {y: clear}}}}", "show: y is the tag of no class"),
        ("{classes: {t.a: x}, roles: {r: {show: {x: deny}}}}", "there is no rule deny; .* clear"),
        ("{classes: {t.a: x}, roles: {r: {rows: {t: a = }}}}", "t: a = is not a SQL cond"),
        ("{classes: {t.a: x}, roles: {r: {rows: {t: 1=1; drop table t}}}}", "is not a SQL"),
        ("{classes: {t.a: x}, roles: {r: {rows: {t: 'a=1) or (1=1'}}}}", "is not a SQL"),
        ("{classes: {t.a: x}, roles: {r: {rows: {t: '*'}}}}", "is not a SQL"),
        ("{classes: {t.a: x}, roles: {r: {rows: {t: a=1, T: true}}}}", "a table is there twice"),
        ("{classes: &c {t.a: *c}, roles: {r: {}}}", "t.a: write a text|is not valid YAML"),
        ("{classes: {t.a: x}, roles: &r {r: *r}}", "r: there is no r; there are: rows, show"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_meant_is_one_line(text, words):
    with pytest.raises(CannotRun, match=words) as raised:
        policy.parse(text)
    assert len(str(raised.value).splitlines()) == 1 and len(str(raised.value)) < 300


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(CannotRun, match=r"--policy .*absent.yml: there is no such file"):
        policy.read(tmp_path / "absent.yml")
    (tmp_path / "x.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotRun, match="is not UTF-8"):
        policy.read(tmp_path / "x.yml")
    with pytest.raises(CannotRun, match="cannot be read"):
        policy.read(Path(tmp_path))


def test_a_comment_in_a_condition_swallows_nothing():
    found = policy.parse(
        "{classes: {t.a: x}, roles: {r: {rows: {t: 'a = 1 -- all'}, show: {x: clear}}}}"
    )
    assert found.roles["r"].rows == {"t": "(a = 1)"}
