"""A learner at the keyboard of JupyterLab: no mouse, and nothing but what stands on the page."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, TimeoutError

PATIENCE = 60_000  # ms
CELLS = ".jp-Notebook .jp-Cell"
ACTIVE = f"{CELLS}.jp-mod-active"
PALETTE = ".lm-CommandPalette-input:focus"
CHOSEN = ".lm-CommandPalette-item.lm-mod-active .lm-CommandPalette-itemLabel"
FAULT = ".jp-OutputArea-output:is([data-mime-type$=error], [data-mime-type$=stderr])"
NUMBER = "cell => Number(cell.dataset.windowedListIndex)"
RAN = "cell => /^\\[\\d+\\]:$/.test(cell.querySelector('.jp-InputPrompt').textContent)"
BEGUN = "cell => /^\\[(\\*|\\d+)\\]:$/.test(cell.querySelector('.jp-InputPrompt').textContent)"
ALL_RAN = f"cells => cells.length > 30 && cells.every({RAN})"


class Learner:
    """Presses keys on a page with a notebook, in command mode between two calls."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def arrive(self) -> str:
        """Wait until the page stands open; returns its heading."""
        title = self.page.locator(f"{CELLS} h1").first
        title.wait_for(timeout=PATIENCE)
        self.page.locator(f"{CELLS}.jp-mod-active:focus").wait_for(timeout=PATIENCE)
        # On a narrow page the indicator is there, but out of sight.
        self.page.locator("[data-status=idle]").first.wait_for(state="attached", timeout=PATIENCE)
        return title.inner_text()

    def theme(self) -> str:
        """What JupyterLab has put on: light or dark."""
        return "light" if self.page.locator("body[data-jp-theme-light=true]").count() else "dark"

    def close_files(self) -> None:
        """Close the file list, as one does where half a screen is all there is."""
        self.press("ControlOrMeta+B")
        self.page.locator(".jp-FileBrowser").wait_for(state="hidden", timeout=PATIENCE)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Look again and again, with the page at work meanwhile."""
        until = time.monotonic() + PATIENCE / 1000
        while not done():
            assert time.monotonic() < until, "waited in vain"
            self.page.wait_for_timeout(100)

    def command(self, name: str) -> None:
        """Choose a command of the palette by its whole name; it may close while a page loads.

        A command that is not yet enabled does nothing, and the palette stays open: once more.
        """
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                self.wait_until(self._palette)
                if self._chosen(name):
                    self.press("Enter")
                    self.page.locator(PALETTE).wait_for(state="hidden", timeout=5_000)
                    return
            self.press("Escape")
        raise AssertionError(f"the palette has no {name}, or it cannot be used")

    def _chosen(self, name: str) -> bool:
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(name)
        chosen = self.page.locator(CHOSEN)
        chosen.filter(has_text=name).wait_for(timeout=PATIENCE / 3)
        for _ in range(20):
            if chosen.inner_text(timeout=PATIENCE / 6) == name:
                return True
            self.press("ArrowDown")
        return False

    def _palette(self) -> bool:
        """Ask for the palette; a page that has just opened may not listen yet."""
        self.press("ControlOrMeta+Shift+C")
        with contextlib.suppress(TimeoutError):
            self.page.locator(PALETTE).wait_for(timeout=5_000)
        return self.page.locator(PALETTE).is_visible()

    @property
    def cell(self) -> Locator:
        """The cell that the keys go to."""
        return self.page.locator(ACTIVE)

    def in_view(self) -> Locator:
        """The same, once the page has been moved to where it is."""
        inside = "cell => { const box = cell.getBoundingClientRect(); "
        inside += "return box.bottom > 0 && box.top < innerHeight }"
        cell = self.cell.element_handle()
        self.page.wait_for_function(inside, arg=cell, timeout=PATIENCE)
        return self.cell

    def step(self, *keys: str) -> None:
        """Go a cell up or down with each key."""
        for key in keys:
            before = self.cell.evaluate(NUMBER)
            self.press(key)
            assert self.cell.evaluate(NUMBER) == before + (1 if key == "ArrowDown" else -1)

    def go(self, beginning: str) -> Locator:
        """Go to the first cell whose text begins so."""
        wanted = self._numbered(beginning)
        while (at := self.cell.evaluate(NUMBER)) != wanted:
            self.step("ArrowDown" if at < wanted else "ArrowUp")
        return self.in_view()

    def _numbered(self, beginning: str) -> int:
        found = "(cells, text) => cells.findIndex(cell => cell.querySelector('.cm-content')"
        found += "?.textContent.startsWith(text))"
        number = self.page.locator(CELLS).evaluate_all(found, beginning)
        assert number >= 0, f"no cell begins with {beginning}"
        return number

    def write(self, text: str) -> None:
        """Put a text in the place of the cell's, pasted with the keyboard, and go back."""
        self.press("Enter")
        editor = self.cell.locator(".cm-content:focus")
        editor.wait_for(timeout=PATIENCE)
        self.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text.rstrip("\n"))
        lines = editor.locator(".cm-line").evaluate_all("lines => lines.map(l => l.textContent)")
        assert "\n".join(lines) == text.rstrip("\n"), "the editor holds another text"
        self.press("Escape")

    def run(self) -> Locator:
        """Run the cell, stay there, wait for it; returns where its outputs are."""
        prompt = self.cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.press("Control+Enter")
        done = "([prompt, before]) => /\\d/.test(prompt.innerText) && prompt.innerText !== before"
        self.page.wait_for_function(done, arg=[prompt.element_handle(), before], timeout=PATIENCE)
        return self.cell.locator(".jp-OutputArea")

    def run_all(self) -> None:
        """Run every cell, which leads to the last; a cell that raises would end it."""
        code = f"[...document.querySelectorAll('{CELLS}.jp-CodeCell')]"
        for _ in range(3):
            self.command("Run All Cells")
            with contextlib.suppress(TimeoutError):
                begun = f"() => ({code}).some({BEGUN})"
                self.page.wait_for_function(begun, timeout=PATIENCE / 3)
                break
        else:
            raise AssertionError("Run All Cells was chosen, and no cell begins to run")
        fault = f"document.querySelector('{FAULT}')"
        self.page.wait_for_function(f"() => {fault} || ({ALL_RAN})({code})", timeout=2 * PATIENCE)
        told = self.page.locator(FAULT).all_text_contents()
        assert not told, told
