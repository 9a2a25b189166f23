"""The browser of this machine: found by name or by BROWSER, started without a network."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
FOLDERS = [Path("/Applications"), Path.home() / "Applications"]
FOLDERS += [Path(os.environ[v]) for v in ("ProgramFiles", "ProgramFiles(x86)") if v in os.environ]
PATHS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
MISSING = (
    "no Chromium, Chrome or Edge is here. Fix:  apt-get install chromium, or name one:  "
    "BROWSER=/path/of/chrome make test-browser"
)
QUIET = "--disable-gpu --no-first-run --disable-background-networking --disable-component-update"
QUIET += " --disable-sync --no-proxy-server --force-color-profile=srgb"


def found() -> str:
    """The path of a browser; "" where there is none."""
    named = [shutil.which(name) for name in (os.environ.get("BROWSER") or "", *NAMES)]
    placed = [folder / path for folder in FOLDERS for path in PATHS]
    return next(filter(None, [*named, *(str(path) for path in placed if path.is_file())]), "")


@contextmanager
def running():
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:  # adds --no-sandbox, without which root gets no browser
        browser = playwright.chromium.launch(executable_path=found(), args=QUIET.split())
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(0 if found() else MISSING)
