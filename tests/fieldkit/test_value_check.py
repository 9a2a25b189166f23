"""`fieldkit value check`: each stated number recomputed, each fault with its place."""

from __future__ import annotations

import pytest

from fieldkit.errors import CannotRun
from fieldkit.value import mapfile, run
from fieldkit.value.found import KINDS
from fieldkit.value.gather import Exports
from fieldkit.value.written import yaml_text
from tests.fieldkit.office import MAP, METRICS, office


@pytest.fixture
def place(tmp_path):
    return office(tmp_path)


def checked(place, text=MAP, *, logged=False, metrics=METRICS):
    (place / "map.yml").write_text(text)
    (place / "metrics.yml").write_text(metrics)
    exports = Exports((place / "jobs.csv",)) if logged else Exports()
    return run.check(place / "map.yml", run.Settings(exports))


def kinds(found):
    return [one.kind for one in found.faults]


def test_a_map_that_holds(place):
    found = checked(place)
    assert (found.verdict, found.exit_code, kinds(found)) == ("HOLDS", 0, [])
    assert {one.pipeline: one.cents for one in found.stated} == {
        "carts": 1_284_000, "fill": 455_000, "board": 291_200, "paths": 0, "tax_year": 0
    }  # fmt: skip
    assert checked(place, logged=True).verdict == "HOLDS"


@pytest.mark.parametrize(
    ("old", "new", "fault", "said"),
    [
        ("source: carts.xlsx", "source:", "source", "names no source"),
        ("owner: sales@shop.example", "owner:", "owner", "names no owner"),
        ("owner: sales@shop.example", "owner: TBD", "owner", "its owner is 'TBD'"),
        ("owner: sales@shop.example", "owner: Al <al@data.shop.example>", "own-owner", "data team"),
        ("owner: sales@shop.example", "owner: DATA@shop.example", "own-owner", "data team"),
        ("metric: recovered_carts", "metric: recoverd_carts", "metric",
         "recoverd_carts does not stand in metrics.yml; did you mean recovered_carts?"),
        ("metric: recovered_carts", "metric:", "metric", "names no metric"),
        ("metric: recovered_carts", "metric: path_speed", "metric-owner", "the data team owns"),
        ("metric: recovered_carts", "metric: invoice_hours", "number", "invoice_hours is in hours"),
        ("metric: penalties", "metric: invoice_hours", "number", "is in hours"),
        ("per_month: 1284000", "per_month: 1296841", "number", "gives 1,284,000"),
        ("per_month: 1284000", "per_month: 15408000", "number", "a year's number for a month's"),
        ("per_month: 1284000", "per_month: 12840", "number", "unit instead of cents"),
        ("per_month: 1284000", "per_month: 128400000", "number", "hundredths"),
        ("per_month: 1284000", "per_month: -1284000", "number", "states -1,284,000"),
        ("per_month: 1284000", "per_month:", "number", "states no number a month"),
        ("kind: revenue", "kind:", "kind", "says no kind"),
        ("task: match invoices", "task: reporting", "hours", "'reporting' does not stand in tasks"),
        ("task: match invoices", "task:", "hours", "hours without a task"),
        ("rate: 4800", "rate: 0", "hours", "its rate is 0"),
        ("rate: 4800", "rate:", "hours", "hours without a rate"),
        ("times: 260", "times: 520", "number", "520 times a month; tasks.csv has 260"),
        ("per_month: 291200", "per_month: 191200", "number", "match invoices in tasks.csv gives"),
        ("kind: none}\n  - {pipeline: tax", "kind: none, per_month: 5}\n  - {pipeline: tax",
         "none", "its kind is none, and it states 5 cents"),
    ],
)  # fmt: skip
def test_one_slip_is_one_fault_with_its_line(place, old, new, fault, said):
    assert MAP.count(old) >= 1
    found = checked(place, MAP.replace(old, new, 1))
    assert kinds(found) == [fault], found.faults
    one = found.faults[0]
    assert said in one.says and one.do
    line = next(
        n for n, text in enumerate(MAP.splitlines(), 1) if f"pipeline: {one.pipeline}," in text
    )
    assert one.where == f"{place / 'map.yml'} line {line} ({one.pipeline})"
    assert found.exit_code == 1 and fault in KINDS


@pytest.mark.parametrize("stated", [1_284_000, 1_271_160, 1_296_840])
def test_a_number_within_one_per_cent_holds(place, stated):
    assert kinds(checked(place, MAP.replace("per_month: 1284000", f"per_month: {stated}"))) == []


def test_a_metric_in_full_for_two_is_claimed_twice_and_in_shares_is_not(place):
    twice = MAP.replace(
        "kind: hours, task: match invoices, rate: 4800,\n     times: 260, per_month: 291200",
        "kind: cost, metric: penalties, per_month: 455000",
    ).replace("owner: finance@shop.example", "owner: ops@shop.example")
    found = checked(place, twice)
    assert kinds(found) == ["twice"]
    assert "the metric penalties is claimed by fill, board: 2 times in all" in found.faults[0].says
    shared = twice.replace("per_month: 455000", "share: 0.5, per_month: 227500")
    assert kinds(checked(place, shared)) == []
    other = MAP.replace("metric: recovered_carts,\n     per_month: 1284000",
                        "metric: penalties,\n     share: 0.01, per_month: 4550")  # fmt: skip
    assert kinds(checked(place, other)) == ["not-counted", "twice"][:1]


def test_what_is_claimed_is_held_against_use(place):
    unused = MAP.replace("table: mart.paths, kind: none", "table: mart.paths, kind: cost, metric: "
        "recovered_carts, per_month: 1284000, owner: sales@shop.example, source: y").replace(
        "{pipeline: carts, table: mart.carts, kind: revenue, metric: recovered_carts,\n     "
        "per_month: 1284000, owner: sales@shop.example, source: carts.xlsx}",
        "{pipeline: carts, table: mart.carts, kind: none}")  # fmt: skip
    assert kinds(checked(place, unused)) == []
    found = checked(place, unused, logged=True)
    assert kinds(found) == ["used", "unused"]
    assert "mart.carts is used: 180 reads by 12 people" in found.faults[0].says
    assert "nobody uses mart.paths: 180 reads in 180 days, all by machines" in found.faults[1].says
    assert not any("@" in one.says for one in found.faults)


def test_an_account_that_nobody_classified_leaves_the_verdict_open(place):
    (place / "principals.csv").write_text(
        "email,kind,readers\nsvc-bi*,delivery,300\nsvc-*,machine,\nfay*,person,\n"
    )
    found = checked(place, logged=True)
    assert (found.verdict, found.exit_code, kinds(found)) == ("UNKNOWN", 1, [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("per_month: 1284000", "per_month: 1,284", "(carts): 284 stands alone: a number bre"),
        ("per_month: 1284000", 'per_month: "1,284"', "line 6 (carts): per_month is '1,284', which"),
        ("per_month: 1284000", "per_month: 3e5", "per_month is '3e5', which is not a plain number"),
        ("per_month: 1284000", "per_month: .inf", "per_month is '.inf', which is not a plain num"),
        ("per_month: 1284000", "per_month: 1:30", "per_month is '1:30', which is not a plain num"),
        ("per_month: 1284000", "per_month: 0123", "per_month is '0123', which is not a plain num"),
        ("per_month: 1284000", "per_month: yes", "per_month is 'yes', which is not a plain number"),
        ("per_month: 1284000", "per_month: 12840.5", "per_month is 12840.5; write whole cents"),
        ("per_month: 1284000", "per_month: [1]", "per_month is a list; write one text"),
        ("kind: revenue", "kind: no", "kind is 'no'; there is: revenue, cost, hours, none"),
        ("kind: revenue", "knd: revenue", "'knd' is not known here; did you mean kind?"),
        ("currency: USD", "currency: dollars", "line 2: currency is DOLLARS; write USD"),
        ("team: [", "team: {a: 1, b: [", "line 2: is not YAML"),
        ("pipeline: fill", "pipeline: carts", "the pipeline carts stands there twice; keep one"),
        ("pipelines:\n", "pipelines: none\nrest:\n", "'rest' is not"),
        ("needs: [ids]", "needs: [idz]", "needs idz, which is not listed"),
        ("days: 5,", "days: 5, needs: [returns],", "goes round in a circle"),
        ("p10: 3000000", "p10: 30000000", "do not rise; put the smallest first"),
        ("p10: 3000000, ", "", "lacks p10, p50 and p90 in cents"),
        ("capacity_days: 20", "capacity_days: 20\ncapacity_days: 30", "line 4: 'capacity_days' st"),
        ("currency: USD", "prices: {credits: 3}", "'credits' is not known here; did you mean cred"),
        ("currency: USD", "accounts: [{account: x, kind: robot}]", "kind is 'robot'; there is: pe"),
        ("currency: USD", "accounts: [{account: x, kind: delivery}]", "without readers; write how"),
        ("currency: USD", "a: &a [*a]", "is not YAML|an alias holds itself|'a' is not known"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_with_place_and_what_to_do(place, old, new, said):
    assert old in MAP
    with pytest.raises(CannotRun) as refused:
        checked(place, MAP.replace(old, new, 1))
    text = str(refused.value)
    assert any(part in text for part in said.split("|")), text
    assert "\n" not in text and "map.yml" in text


def test_an_empty_map_does_not_hold(place):
    found = checked(place, "team: [a@x.example]\npipelines: []\n")
    assert (found.verdict, found.exit_code) == ("UNKNOWN", 1)


def test_aliases_that_multiply_are_read_once():
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert len(yaml_text("\n".join(lines), "map.yml").fields) == 40


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("metrics.yml", "metrics:\n  - {name: a}\n  - {name: a}\n", "line 3 (a): the metric a st"),
        ("metrics.yml", "metrics:\n  - {name: a, unit: euro}\n", "unit is 'euro'; write cents or"),
        ("metrics.yml", "- a\n", "line 1: is not a mapping"),
        ("tasks.csv", "task,minutes\nx,1\n", "row 1: has no column times_per_m"),
        ("tasks.csv", "task,minutes,times_per_month\nx,ten,1\n", "row 2 (x): minutes is 'ten'"),
        ("tasks.csv", "task,minutes,times_per_month\nx,1,1,1\n", "row 2: has 4 cells"),
        ("principals.csv", "email,kind\nx@y,human\n", "row 2 (x@y): kind is 'human'; th"),
        ("principals.csv", "mail,kind\n", "row 1: has no column email or account"),
        ("register.csv", "rule\n", "row 1: has no column table or table_name"),
        ("initiatives.csv", "id,days\nx,\n", "row 2 (x): lacks days"),
    ],
)  # fmt: skip
def test_what_lies_beside_the_map_is_refused_with_its_row(place, file, text, said):
    (place / file).write_text(text)
    (place / "map.yml").write_text(MAP.partition("initiatives:")[0])
    with pytest.raises(CannotRun) as refused:
        run.check(place / "map.yml", run.Settings())
    assert said in str(refused.value) and file in str(refused.value)


def test_a_missing_book_is_asked_for_where_it_is_needed(place):
    (place / "metrics.yml").unlink()
    with pytest.raises(
        CannotRun, match=r"line 5 \(carts\): names the metric .* name it with --met"
    ):
        run.check(place / "map.yml", run.Settings())
    (place / "tasks.csv").unlink()
    only = "pipelines: [{pipeline: a, kind: hours, task: t, rate: 1, owner: o, source: s}]\n"
    (place / "map.yml").write_text(only)
    with pytest.raises(CannotRun, match=r"names the task 't', but there is no tasks.csv"):
        run.check(place / "map.yml", run.Settings())


def test_hours_count_as_money_only_where_their_rate_has_an_owner(place):
    def board(text):
        return next(one for one in checked(place, text).stated if one.pipeline == "board")

    assert (board(MAP).money, round(board(MAP).hours, 1)) == (False, 60.7)
    assert board(MAP.replace("rate: 4800", "rate: 4800, rate_owner: cfo@shop.example")).money
    assert board("rate_owner: cfo@shop.example\n" + MAP).money
    assert not board("rate_owner: data@shop.example\n" + MAP).money


def test_who_belongs_to_the_team():
    team = mapfile.Map(team=("@data.shop.example", "ops@shop.example", "Data guild"))
    inside = ("a@DATA.shop.example", "Ops <ops@shop.example>", "data  guild")
    outside = ("a@shop.example", "data.shop.example@x.example", "Ines (finance)", "")
    assert [team.of_team(one) for one in (*inside, *outside)] == [True] * 3 + [False] * 4
