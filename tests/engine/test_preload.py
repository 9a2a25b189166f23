"""Heavy imports begin while the learner reads, and keep nobody waiting."""

import sys
import threading
import time
from dataclasses import replace

import pytest

from workbook import catalog, lab, running
from workbook.preload import preload

GATE = "import threading\nOPEN = threading.Event()\n"
SLOW = (
    "import threading, gate_one\n"
    "THREAD = threading.current_thread().name\ngate_one.OPEN.wait(60)\nDONE = 1\n"
)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    (tmp_path / "gate_one.py").write_text(GATE)
    (tmp_path / "slow_one.py").write_text(SLOW)
    (tmp_path / "raises_one.py").write_text("raise SystemError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield ["no_such_module_of_ours", "raises_one", "slow_one"]
    for name in ("slow_one", "gate_one"):
        sys.modules.pop(name, None)


def test_who_needs_it_earlier_waits_for_the_rest_of_it(modules, capfd):
    import gate_one

    thread = preload(modules)
    while "slow_one" not in sys.modules:
        time.sleep(0.01)
    threading.Timer(0.2, gate_one.OPEN.set).start()
    import slow_one

    assert (slow_one.THREAD, slow_one.DONE) == ("preload", 1), "imported once, and to its end"
    thread.join()
    assert capfd.readouterr() == ("", "")


def test_a_page_opens_before_its_imports_are_done_and_a_judged_one_imports_nothing(
    modules, monkeypatch
):
    import gate_one

    heavy = replace(catalog.load("step4_state"), preload=("slow_one",))
    lab.OpenLab(heavy, 7, "learner", {})
    assert "slow_one" not in sys.modules, "the engine opened it: nobody reads it"
    monkeypatch.setattr(running, "in_notebook", lambda: True)
    opened = lab.OpenLab(heavy, 7, "learner", {})
    assert opened.world
    assert not hasattr(sys.modules.get("slow_one"), "DONE")
    gate_one.OPEN.set()
    (thread,) = [one for one in threading.enumerate() if one.name == "preload"]
    thread.join()
    assert sys.modules.pop("slow_one").DONE
    monkeypatch.setenv("WORKBOOK_JUDGED", "1")
    lab.OpenLab(heavy, 7, "learner", {})
    assert not [one for one in threading.enumerate() if one.name == "preload"]
