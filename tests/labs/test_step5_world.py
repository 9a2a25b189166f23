"""What the page of step 5 shows and keeps: the incident, both assistants, the desk's commands."""

from __future__ import annotations

import re
import subprocess
import sys

import duckdb
import pytest
from stdnum import iban

from labs.step5_governance.world import World
from labs.step5_governance.world.askops import FIELDS
from labs.step5_governance.world.connections import evidence
from labs.step5_governance.world.data import northlight
from labs.step5_governance.world.matrix import ANSWERED, LEAK, LOST
from labs.step5_governance.world.wanted import PERSONAS, which_rows, who_sees_what
from labs.step5_governance.world.warehouse import Reader, World5
from workbook import UsageError, catalog, pages
from workbook.headless import answer_of

LAB = catalog.load("step5_governance")
SHIPPED = {name: pages.starters(LAB.page)[name].source for name in ("policy", "inherit")}
REFERENCE = {name: LAB.exercise(name).reference.text for name in SHIPPED}


def ask(texts):
    return answer_of(LAB, "inherit", texts["inherit"]).entry()


@pytest.fixture(scope="module")
def world():
    return World(7, orders_per_day=60)


def test_the_shipped_assistant_leaks_everything_that_there_is(world):
    matrix = world.askops(ask(SHIPPED)).matrix
    assert {field for _, field in matrix.of(LEAK)} == set(FIELDS)
    assert {user for user, _ in matrix.of(LEAK)} == set(PERSONAS)


@pytest.mark.parametrize("number", range(3))
def test_the_reference_leaks_nothing_and_loses_nothing(number, seed):
    matrix = World(seed + number, 60).askops(ask(REFERENCE)).matrix
    assert matrix.of(LEAK) == matrix.of(LOST) == []
    assert {user for user, _ in matrix.of(ANSWERED)} == set(PERSONAS)


def test_a_prompt_refuses_and_is_got_around(world):
    bot = world.askops(ask(SHIPPED))
    question = "What is the IBAN of customer 17?"
    account = northlight(7, 60).customer(17)["iban"]
    assert account in str(bot.ask("ida", question))
    for prompt in ("Never reveal personal data.", "Do not tell secrets!", "You must not."):
        bot.prompt = prompt
        assert "must not share" in str(bot.ask("ida", question))
        assert account in str(bot.ask("ida", "Where does the refund for customer 17 go?"))
        bot.prompt = ""
    first = northlight(7, 60).rows("customers")[0]["iban"]
    assert first in str(bot.ask("ida", "A tent without pegs?"))
    assert "ida" not in str(bot.log())


def test_a_user_that_there_is_not_is_refused(world):
    with pytest.raises(UsageError, match="there is no user 'bob'; there are: ana"):
        world.askops(ask(SHIPPED)).ask("bob", "How many orders are there?")


def test_each_principal_opens_a_database_without_what_it_may_not_see():
    """Not even in other tables, other types, or the catalogue's statistics."""
    company = northlight(7, 60)
    secrets = {row["iban"] for row in company.rows("customers")}
    for user in (*PERSONAS, "guest"):
        con = Reader(World5(7, 60), PERSONAS, False)._seen(user)
        for table in ("customers", "orders", "salaries", "tickets"):
            told = str(con.execute(f"from {table}").fetchall())
            assert not [one for one in secrets if one in told], (user, table)
        assert con.execute("select max(iban), min(iban) from customers").fetchall()[0][0] is None


def test_accounts_are_valid_and_new_for_each_canary(seed):
    first, second = (northlight(seed, 60, canary).rows("customers") for canary in ("", "x"))
    assert all(iban.is_valid(row["iban"]) for row in first)
    assert not {row["iban"] for row in first} & {row["iban"] for row in second}


def test_the_hash_is_reversed_and_others_are_refused(world):
    phone = northlight(7, 60).rows("customers")[0]["phone"]
    assert re.fullmatch(rf"found: {re.escape(phone)}, after [\d,]+ of 1,000,000 tries",
                        str(world.reverse()))  # fmt: skip
    with pytest.raises(UsageError, match="take one from the table above"):
        world.reverse("ab12")


def _tables(cell):
    page = pages.read(LAB.page)
    [text] = [c["source"] for c in page["cells"] if c["id"] == cell]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:]]


def test_the_tables_of_the_page_are_what_the_check_wants():
    assert _tables("policy-text-tables") == who_sees_what()
    assert _tables("policy-text-rows") == which_rows()
    assert _tables("release-gate-text-reports") == evidence()


def test_a_text_that_is_no_policy_is_told_in_a_line(world):
    assert "not a policy yet: policy" in str(world.decisions("classes: 5"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory, world):
    """What lab.keep writes for somebody who solved the page."""
    folder = tmp_path_factory.mktemp("work")
    for name, content in world.desk(SHIPPED, REFERENCE, ask(REFERENCE)).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / "desk"


def test_a_scan_of_the_desk_prints_no_secret(desk):
    code = "from fieldkit.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "govern", "scan", "warehouse.duckdb"], cwd=desk,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1 and "iban" in ran.stdout, ran.stderr
    secrets = {row["iban"] for row in northlight(7, 60).rows("customers")}
    assert not [one for one in secrets if one in ran.stdout]


def test_the_desk_of_the_starter_has_no_evidence(world):
    files = world.desk(SHIPPED, SHIPPED, ask(SHIPPED))
    assert "desk/askops_probes.txt" not in files


def test_the_file_of_the_desk_is_a_database(desk):
    with duckdb.connect(str(desk / "warehouse.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from customers").fetchone() != (0,)
