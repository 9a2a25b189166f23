"""The small logs of `who-uses-it`: what was written by hand is what the page's own rule says."""

from __future__ import annotations

import duckdb
import pytest

from labs.step3_outcome.checks import who_uses_it
from labs.step3_outcome.world import logcases
from labs.step3_outcome.world.drawnlogs import twenty_tables
from labs.step3_outcome.world.schema import script
from labs.step3_outcome.world.used import unused

TABLES = ("jobs", "principals", "lineage", "exposures", "register")
SKETCHES = {
    name: sketch for _, sketches, _ in who_uses_it.SETS for name, sketch in sketches.items()
}
DRAWN = 30


def by_rule(log):
    """The unused tables by the world's own rule, which page and stop-list go by."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(script(log.rows, TABLES))
        return unused(con)


@pytest.mark.parametrize("name", SKETCHES)
def test_a_set_written_by_hand_is_that_of_the_rule(name, seed):
    log = SKETCHES[name].drawn(seed, name)
    assert by_rule(log) == log.unused


def test_a_circle_that_is_read_has_no_answer(seed):
    name = "a circle that somebody reads"
    with pytest.raises(ValueError, match="built on itself"):
        by_rule(logcases.CYCLES[name].drawn(seed, name))


def test_twenty_tables_are_what_was_drawn(seed):
    sizes = set()
    for number in range(seed, seed + DRAWN):
        log = twenty_tables(number).drawn(number, "twenty tables")
        assert by_rule(log) == log.unused
        sizes.add(len(log.unused))
    assert min(sizes) >= 3 and max(sizes) <= 20


def test_a_log_is_the_same_again_and_another_on_another_seed():
    sketch = SKETCHES["one person, once"]
    assert sketch.drawn(7, "a") == sketch.drawn(7, "a")
    assert sketch.drawn(7, "a").unused != sketch.drawn(8, "a").unused


def test_a_log_has_no_account_that_principals_do_not_name(seed):
    for name, sketch in SKETCHES.items():
        rows = sketch.drawn(seed, name).rows
        known = {row["email"].lower() for row in rows["principals"]}
        assert {job["user_email"].lower() for job in rows["jobs"]} <= known
        assert len({row["email"].lower() for row in rows["principals"]}) == len(rows["principals"])
