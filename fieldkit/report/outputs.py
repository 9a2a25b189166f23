"""Where reports may be written: not where it would fail later, nor over what a run reads."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from fieldkit.errors import CannotRun

# What engines and the guard keep beside a database, under its name.
BESIDE = (".wal", "-wal", "-shm", "-journal", ".tmp", ".checkpoint", ".guard", ".as_of.json")
LOOKED_AT = 4096  # bytes: every report says at its beginning whose it is
# How a report begins, in each of its forms; `workbook` writes pages with the same template.
OURS = re.compile(
    rb'\s*\{\s*"schema":\s*"fieldkit\.|'
    rb'\s*\{\s*"\$schema":[^{]{0,200}"runs":[^}]{0,200}"name":\s*"fieldkit |'
    rb'(?:<\?xml[^>]*>\s*)?<testsuites name="fieldkit"|'
    rb"<!doctype html>\s*<html[^>]*>\s*<head>[^\0]{0,300}<title>(?:fieldkit|workbook) |"
    rb"# Rerun strategy of `[^\n]*\s+Verdict of `fieldkit ",
)
NOTES = ("", ".md", ".markdown", ".txt")  # what a summary may be added to, whoever began it


def refuse_unwritable(paths: Sequence[Path]) -> None:
    """Raise CannotRun for a file that could not be written later, before the long work begins."""
    for path in paths:
        folder = path.absolute().parent
        if path.name == "-":
            raise CannotRun("-: a report needs a file; the terminal gets it as text anyway")
        if path.is_dir():
            raise CannotRun(f"{path}: is a folder; name a file")
        if path.exists() and not path.is_file():
            raise CannotRun(f"{path}: is not a regular file; name one")
        if not folder.is_dir():
            raise CannotRun(f"{path}: there is no folder {path.parent}; make it first")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise CannotRun(f"{path}: cannot be written; choose another place")


def refuse_overwriting(outputs: Mapping[str, Path], inputs: Sequence[Path]) -> None:
    """Raise CannotRun for a report over an input of the run, in a state, or over another report."""
    for number, (kind, path) in enumerate(outputs.items()):
        for other in list(outputs.values())[:number]:
            if _same(path, other):
                raise CannotRun(f"--{kind} {path}: is the file of another report; name another")
        for one in inputs:
            if one.exists() and _part_of(path, one):
                raise CannotRun(
                    f"--{kind} {path}: would overwrite {one}, which the run reads; name another "
                    "file"
                )


def refuse_foreign(kind: str, path: Path) -> None:
    """Raise CannotRun for a report over a file that is there and is not a report of ours.

    A summary is added to what is there, so that any note of Markdown will do for it.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    if kind != "summary" and not is_report(path):
        raise CannotRun(
            f"--{kind} {path}: is there and is not a report, so it would be lost; name another "
            "file, or delete it first"
        )
    if kind == "summary" and not (path.suffix.lower() in NOTES and b"\0" not in _head(path)):
        raise CannotRun(f"--{kind} {path}: is not a file of Markdown to add to; name another file")


def is_report(path: Path) -> bool:
    """Whether a file begins as a report does, in any form."""
    return bool(OURS.match(_head(path)))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOKED_AT)


def _part_of(path: Path, one: Path) -> bool:
    """Whether a file is this input, lies in it, or is one that its engine keeps beside it."""
    # Resolved on both sides: relative paths, links and .. are other spellings of one place.
    place, known = (Path(os.path.realpath(name.expanduser())) for name in (path, one))
    beside = place.parent == known.parent and place.name.startswith(known.name)
    if beside and place.name[len(known.name) :].startswith(BESIDE):
        return True
    return _same(path, one) or (known.is_dir() and known in place.parents)


def _same(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)  # a hard link is another name of the same bytes
    return os.path.realpath(path) == os.path.realpath(other)
