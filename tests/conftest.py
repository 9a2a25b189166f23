"""Shared by all tests: how many seeds a contract is held on, and a workspace out of the way."""

from __future__ import annotations

from collections import Counter

import pytest

SEEDS = (7, 11, 23, 101, 4242)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=2, help="seeds for each contract (1 to 5)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("seeds")
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS[:count], scope="module")
    if "other_seed" in metafunc.fixturenames:  # the first seed is judged with the kernels
        metafunc.parametrize("other_seed", SEEDS[1:count], scope="module")
    if "held_out_seed" in metafunc.fixturenames:
        chosen = SEEDS if count == len(SEEDS) else SEEDS[:1]
        metafunc.parametrize("held_out_seed", chosen, scope="module")


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


def pytest_terminal_summary(terminalreporter) -> None:
    """Print how much each contract was held on."""
    passed = [report for report in terminalreporter.stats.get("passed", [])]
    told = Counter(v for report in passed for name, v in report.user_properties if name == "held")
    for what, count in sorted(told.items()):
        terminalreporter.write_line(f"contract: {count} {what}")
