"""A command that mostly waits for the disk is proved with its copies in memory; else on disk."""

from __future__ import annotations

import pytest

from fieldkit.prove import story
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from fieldkit.runs import journal, memory
from tests.fieldkit.pipelines import command, content, state

# On disk it waits, as for its commits; in memory it does not.
WAITS = """
con.execute("pragma synchronous = off")
disk = "/shm/" not in sys.argv[1]
time.sleep(0.5 * disk)
"""
MERGE = """
for row in rows[:10]:
    con.execute("insert into keyed values (?, ?) on conflict (id) do update set "
                "amount = excluded.amount", (str(row[0]), row[2]))
    time.sleep(0.01)
"""
OTHER = "con.execute('delete from keyed')\n"


@pytest.fixture
def shm(tmp_path, monkeypatch):
    place = tmp_path / "shm"
    place.mkdir()
    monkeypatch.setattr(memory, "PLACE", place)
    monkeypatch.setattr(memory, "WORTH_IT", 0.3)
    monkeypatch.setattr(memory, "ROOM", 1 << 20)
    monkeypatch.delenv("FIELDKIT_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    yield place
    assert not list(place.iterdir()), "copies were left in memory"


def proved(folder, script, **settings):
    place = state("sqlite", folder / "state")
    before = content(place)
    proof = prove(
        command("sqlite", script, folder), [place],
        settings=Settings(**{"reruns": 1, "kills": 1, **settings}),
    )  # fmt: skip
    assert content(place) == before
    return proof


def test_a_command_that_waits_for_the_disk_is_proved_in_memory(tmp_path, shm):
    # So long that a busy machine does not change which place is the faster one.
    proof = proved(tmp_path, WAITS.replace("0.5", "2.5") + MERGE)
    assert (proof.verdict, bool(proof.kills)) == ("PROVED", True)
    assert proof.on_disk > 2.5 > proof.clean_seconds
    text = report.to_text(story.report_of(proof))
    assert "with the copy in memory" in " ".join(text.split())


def test_a_counterexample_is_found_there_too(tmp_path, shm):
    script = WAITS + MERGE + "con.execute('insert into orders values (1, 1, 1)')"
    proof = proved(tmp_path, script)
    assert proof.on_disk and proof.counterexample.deltas[0].kind == "duplicated"


@pytest.mark.parametrize(
    "script",
    [
        "time.sleep(0.5)\n" + MERGE,
        WAITS + "disk or sys.exit('Invalid cross-device link')\n" + MERGE,
        WAITS + OTHER + "con.execute('insert into keyed values (?, 1)', [str(disk)])\n" + MERGE,
    ],
    ids=["no faster there", "fails there", "leaves other data there"],
)
def test_on_disk_where_memory_is_not_the_better_place(tmp_path, shm, script):
    proof = proved(tmp_path, script, kills=0)
    assert (proof.verdict, proof.on_disk) == ("NOT TRIED", 0)


@pytest.mark.parametrize("why", ["in place", "named home", "no room"])
def test_never_in_memory(tmp_path, shm, monkeypatch, why):
    if why == "named home":
        monkeypatch.setenv("FIELDKIT_HOME", str(tmp_path / "home"))
    if why == "no room":
        monkeypatch.setattr(memory, "ROOM", 1 << 60)
    proof = proved(tmp_path, WAITS + MERGE, in_place=why == "in place", kills=0, reruns=0)
    assert (proof.verdict, proof.on_disk) == ("NOT TRIED", 0)


def test_a_killed_proof_leaves_nothing_in_memory_after_recovery(tmp_path, shm):
    place = state("sqlite", tmp_path / "state")
    left = journal.begin([place], in_place=False)
    left.owner = journal.Owner(left.owner.pid, 1.0)
    left.write()
    memory.folder_of(left.folder).mkdir()
    assert len(list(journal.recover())) == 1
