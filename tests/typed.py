"""Commands as a reader types them: `python` and `fieldkit` on a PATH of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ON_PATH = {"python": "", "fieldkit": '-c "from fieldkit.cli import main; main()"'}


def typing_in(folder: Path) -> dict[str, str]:
    """An environment in which both are this interpreter's; their scripts go into the folder."""
    folder.mkdir(exist_ok=True)
    for name, code in _ON_PATH.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {code} "$@"\n')
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
