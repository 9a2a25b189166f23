"""Shared by all tests: how many seeds a contract is held on, and a workspace out of the way."""

from __future__ import annotations

import os
import time
from collections import Counter

import psutil
import pytest

SEEDS = (7, 11, 23, 101, 4242)
BEGUN = pytest.StashKey[float]()
CPU = "cpu of "
LONGEST = "tests/notebooks/"  # few tests that take most of a minute each


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=1, help="seeds for each contract (1 to 5)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        count = metafunc.config.getoption("seeds")
        metafunc.parametrize("seed", SEEDS[:count], scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether all seeds are asked for: what costs minutes is then done in full."""
    return bool(request.config.getoption("seeds") == len(SEEDS))


@pytest.fixture(autouse=True, scope="session")
def _no_workspace(tmp_path_factory: pytest.TempPathFactory):
    """Tests never read or write the learner's own progress."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("WORKBOOK_JUDGED", raising=False)
        yield


def _used(item: pytest.Item) -> float:
    """CPU seconds of this process and of all that it started, those at work included.

    To look for them takes milliseconds: only where a contract is held in another process.
    """
    spent = time.process_time() + sum(os.times()[2:4])
    elsewhere = "elsewhere" in getattr(item, "fixturenames", ())
    for child in psutil.Process().children(recursive=True) if elsewhere else ():
        try:
            spent += sum(child.cpu_times()[:4])
        except psutil.Error:  # ended in between: counted with this process's children
            continue
    return spent


def _exercise(item: pytest.Item) -> str:
    """The exercise that a contract is held on, or ""."""
    parameters = getattr(item, "callspec", None)
    given = parameters.params.values() if parameters else ()
    return next((v.id for v in given if type(v).__name__ == "Exercise"), "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    if _exercise(item):
        item.stash[BEGUN] = _used(item)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if call.when == "teardown" and BEGUN in item.stash:
        spent = _used(item) - item.stash[BEGUN]
        report.user_properties.append((CPU + _exercise(item), max(0.0, spent)))
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    """Print how much each contract was held on, and what each exercise cost."""
    held: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        held.update(v for name, v in report.user_properties if name == "held")
    for report in terminalreporter.stats.get("", []):  # set-up and tear-down that went well
        for name, value in report.user_properties:
            if name.startswith(CPU):
                spent[name.removeprefix(CPU)] += value
    for what, count in sorted(held.items()):
        terminalreporter.write_line(f"contract: {count} {what}")
    for exercise, seconds in spent.most_common():
        if seconds >= 1:
            terminalreporter.write_line(f"contracts of {exercise}: {seconds:.0f} CPU seconds")
