"""What to type where a script has a fixed path, so that it takes the place it is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

FIRST = 4096  # bytes of a script that say what it is written in
SHELLS = re.compile(r"(ba|da|z|k)?sh")


def hint(argv: Sequence[str], path: Path | str, variable: str = "FIELDKIT_STATE") -> str:
    """What to write in the command, or in its script: by what the script is written in.

    `path`: what the script names now, or an address; `variable`: what holds the place given to it.
    """
    where = path if isinstance(path, str) else _as_typed(path)
    shell = f'"${{{variable}:-{where}}}"'
    python = f'os.environ.get("{variable}", "{where}")'
    written = {_language(word) for word in argv}
    how = [text for name, text in (("shell", shell), ("python", python)) if name in written]
    texts = how or [f"{shell} in a shell", f"{python} in Python"]
    place = variable.removeprefix("FIELDKIT_").removeprefix("CHAOS_").lower()
    return (
        f"write {{{place}}} where the command names it, or, where a script does, "
        f"{' and '.join(texts)} instead of the path"
    )


def _as_typed(path: Path) -> Path:
    """The path from here, if it lies below, else as it is."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _language(word: str) -> str:
    name = Path(word).name
    if name.endswith(".py") or name.startswith("python"):
        return "python"
    if name.endswith(".sh") or SHELLS.fullmatch(name):
        return "shell"
    first = _first_line(Path(word))
    return "python" if "python" in first else "shell" if SHELLS.search(first) else ""


def _first_line(script: Path) -> str:
    try:
        if not script.is_file():
            return ""
        with script.open("rb") as file:
            start = file.read(FIRST)
    except (OSError, ValueError):
        return ""
    line = start.partition(b"\n")[0].decode("utf-8", "replace")
    return line if line.startswith("#!") else ""
