"""Heavy imports begin while the learner reads, and keep nobody waiting."""

import sys
import threading
import time
from dataclasses import replace

import pytest

from workbook import catalog, lab
from workbook.preload import preload

SLOW = (
    "import threading, time\nTHREAD = threading.current_thread().name\ntime.sleep(0.5)\nDONE = 1\n"
)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    (tmp_path / "slow_one.py").write_text(SLOW)
    (tmp_path / "raises_one.py").write_text("raise SystemError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield ["no_such_module_of_ours", "raises_one", "slow_one"]
    sys.modules.pop("slow_one", None)


def test_who_needs_it_earlier_waits_for_the_rest_of_it(modules, capfd):
    thread = preload(modules)
    while "slow_one" not in sys.modules:
        time.sleep(0.01)
    import slow_one

    assert (slow_one.THREAD, slow_one.DONE) == ("preload", 1), "imported once, and to its end"
    thread.join()
    assert capfd.readouterr() == ("", "")


def test_a_page_opens_before_its_imports_are_done_and_a_judged_one_imports_nothing(
    modules, monkeypatch
):
    heavy = replace(catalog.load("step4_state"), preload=("slow_one",))
    opened = lab.OpenLab(heavy, 7, "learner", {})
    assert opened.world
    assert not hasattr(sys.modules.get("slow_one"), "DONE")
    (thread,) = [one for one in threading.enumerate() if one.name == "preload"]
    thread.join()
    assert sys.modules.pop("slow_one").DONE
    monkeypatch.setenv("WORKBOOK_JUDGED", "1")
    lab.OpenLab(heavy, 7, "learner", {})
    assert not [one for one in threading.enumerate() if one.name == "preload"]
