"""What `fieldkit guard init` cannot propose, it says, in the file and on the screen."""

from __future__ import annotations

import pytest
import yaml

from fieldkit.guard import policy
from tests.fieldkit.test_compare import made

NUMBERS = "with recursive n(i) as (select 0 union all select i + 1 from n where i < {} - 1)"


@pytest.fixture(params=["duckdb", "sqlite"])
def proposed(tmp_path, fieldkit, request):
    """Run init on a state made of these tables; gives what it said, the file, and its tables."""

    def run(**tables):
        work = [
            f"create table {name} as {NUMBERS.format(most)} select {columns} from n limit {most}"
            for name, (most, columns) in tables.items()
        ]
        state = made(request.param, tmp_path / "w.db", work)
        ran = fieldkit("guard", "init", "--state", state)
        assert ran.returncode == 0, ran.stderr
        text = (tmp_path / "policy.yml").read_text()
        read = policy.read(tmp_path / "policy.yml").tables
        comments = " ".join(one.strip(" #") for one in text.splitlines() if one.startswith("    #"))
        return " ".join(ran.stderr.split()), comments, read

    return run


DAY = "'2026-11-' || cast(10 + (i - i % {0}) / {0} as integer) as day"


@pytest.mark.parametrize(("days", "more"), [(1, 7), (7, 1)])
def test_too_few_days_for_limits_are_told(proposed, days, more):
    columns = f"i as id, i % 7 as kg, {DAY.format(200)}"
    said, comments, read = proposed(orders=(200 * days, columns), refunds=(200 * days, columns))
    assert not read["orders"].limits and read["orders"].key == ("id",)
    why = f"o limits are proposed, as day holds {days} day{'s' * (days > 1)} and 8 are needed; "
    do = f"when it holds {more} more, run init again with another --policy, or write them by hand."
    assert f"orders, refunds: n{why}{do}" in said
    assert comments.count(f"N{why}{do}") == 2


def test_eight_days_are_enough(proposed):
    said, comments, read = proposed(orders=(1600, f"i as id, {DAY.format(200)}"))
    assert read["orders"].limits["added"] == (120, 320)
    assert "proposed" not in said + comments


def test_other_reasons_are_told(proposed):
    said, comments, read = proposed(
        empty=(0, "i as id"), few=(5, f"i as id, {DAY.format(200)}"), plain=(200, "i as id")
    )
    for told in (said.lower(), comments.lower()):
        assert "nothing is proposed, as it has no rows; when it has some, run init again" in told
        assert "no rules are proposed, as it has 5 rows and 100 are needed" in told
        assert "no limits are proposed, as no column holds dates such as 2026-11-24" in told
    assert set(read) == {"empty", "few", "plain"}


@pytest.mark.parametrize(
    ("order_id", "words"),
    [
        ("case i when 3 then 17 else i end", "1 of 400 rows repeats a value (17 is there 2 times)"),
        ("i - i % 2", "200 of 400 rows repeat a value (0 is there 2 times)"),
        ("case when i < 9 then null else i end", "9 of 400 rows have none"),
        (
            "case when i < 9 then null when i < 12 then 100 else i end",
            "3 of 400 rows repeat a value (100 is there 4 times) and 9 have none",
        ),
    ],
)
def test_what_keeps_a_column_from_being_the_key_is_told(proposed, order_id, words):
    said, comments, read = proposed(orders=(400, f"{order_id} as order_id, {DAY.format(40)}"))
    assert read["orders"].key == ()
    for told in (said, comments):
        assert f"o key is proposed: order_id would be one, but {words}. Until they are" in told
        assert "or write `key: order_id` by hand" in told


def test_a_column_of_another_name_is_a_key_but_for_few_rows(proposed):
    said, _, read = proposed(
        parcels=(1500, f"'P' || (i % 1498) as parcel, i % 90 as customer_id, {DAY.format(150)}"),
        visits=(1500, f"i % 90 as customer_id, {DAY.format(150)}"),
    )
    assert "parcels: no key is proposed: parcel would be one, but 2 of 1,500 rows" in said
    assert "visits" not in said and read["visits"].key == ()


def test_the_limit_that_is_named_lets_these_rows_pass(proposed, tmp_path):
    said, _, _ = proposed(
        orders=(4000, f"case i when 3 then 17 else i end as order_id, {DAY.format(400)}")
    )
    limit = said.partition("and `duplicates: ")[2].partition("`")[0]
    low, high = yaml.safe_load(limit)
    assert low == 0 and 1 / 4000 <= high <= 2 / 4000


def test_the_lines_on_the_screen_stay_few(proposed):
    tables = {
        f"t{n}": (100 + n, f"i as id, '2026-11-0' || (i % {n + 1}) as d{n}") for n in range(7)
    }
    said, comments, _ = proposed(**tables)
    assert (
        said.count("no limits are proposed") == 5
        and "2 more lines of this kind: policy.yml." in said
    )
    assert comments.count("No limits are proposed") == 7


def test_a_value_of_the_data_stays_in_its_comment(proposed):
    value = "'x\nrefunds: 7\r\u2028y'"
    said, comments, read = proposed(
        orders=(
            400,
            f"case when i < 3 then {value} else 'K' || i end as order_id, {DAY.format(40)}",
        )
    )
    assert "(x�refunds: 7��y is there 3 times)" in said and "7��y is" in comments
    assert set(read) == {"orders"}
