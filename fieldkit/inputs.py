"""Texts that a command line names: regular files only, for another kind may never end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun


def text(path: Path, what: str = "") -> str:
    """A file's text, after `what` in an error; raises CannotRun for a pipe, a device, or bytes
    that are not UTF-8. OSError is the caller's.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise CannotRun(f"{what}{path}: is not a regular file; name one")
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CannotRun(
            f"{what}{path}, line {line}: is not UTF-8 text; save the file as UTF-8"
        ) from None


def yaml_of(path: Path, what: str = "") -> Any:
    """What a YAML or JSON file holds; raises CannotRun with the line where it is neither.

    OSError is the caller's.
    """
    import yaml

    try:
        return yaml.safe_load(text(path, what))
    except RecursionError:
        raise CannotRun(f"{what}{path}: is not YAML: it is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise CannotRun(
            f"{what}{path}{line}: is not YAML: {error.problem}; look at colons, quotes and indents"
        ) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise CannotRun(f"{what}{path}: is not YAML: {' '.join(str(error).split())}") from None
