"""Who asks for these tests gets a browser: `make test-browser`. Plain pytest passes them by."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.browser import chromium

HERE = Path(__file__).parent
LOOK = (HERE / "visible.js").read_text(encoding="utf-8")
STATE = """() => ({
    prompts: [...document.querySelectorAll(".jp-Notebook .jp-CodeCell .jp-InputPrompt")]
        .map(prompt => prompt.textContent).join(" "),
    kernel: document.querySelector("[data-status]")?.dataset.status,
    focus: document.activeElement?.className,
    dialog: document.querySelector(".jp-Dialog")?.textContent,
})"""
WIDTHS = {
    "light": 1280,
    "dark": 800,
}  # a laptop, and half of its screen: there the file list is closed


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", metavar="FOLDER", help="save a picture of every station there")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    return None if any(path == HERE or HERE in path.parents for path in asked) else True


def pytest_sessionstart(session: pytest.Session) -> None:
    if not importlib.util.find_spec("playwright"):
        raise pytest.UsageError("Playwright is not installed. Fix:  make test-browser")
    if not chromium.found():
        raise pytest.UsageError(chromium.MISSING)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Of a test that fails, keep what was on the screen."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.failed and call.when == "call" and page:
        place = item.funcargs["tmp_path"] / "failed.png"
        page.screenshot(path=place)
        report.sections.append(("the screen", f"{place}\n{page.evaluate(STATE)}"))
    return report


@pytest.fixture(scope="session")
def browser():
    with chromium.running() as started:
        yield started


@pytest.fixture
def page(browser, scheme, tmp_path):
    """An empty page; `scheme`, light or dark, is what the system says that its user prefers."""
    context = browser.new_context(
        viewport={"width": WIDTHS[scheme], "height": 800}, color_scheme=scheme
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def heard(page):
    """What the page asks for, and the errors that it tells."""
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    return {"asked": asked, "errors": errors}


@pytest.fixture
def shot(page, request):
    """Save a picture of a station, where pictures are asked for."""
    folder = request.config.getoption("shots")
    place = Path(folder or ".") / re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))
    return lambda name: folder and page.screenshot(path=f"{place}{name}.png")


@pytest.fixture
def seen():
    """How many texts and plots an element (a locator) has, and what is wrong with them."""
    return lambda place: place.evaluate(LOOK)
