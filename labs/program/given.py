"""What the programme's commands share: the learner's workspace, and files that are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.report.outputs import refuse_foreign, refuse_unwritable
from fieldkit.report.report import write as write_report
from workbook import catalog, workspace
from workbook.errors import UsageError
from workbook.terminal import own_home, short
from workbook.workspace import Workspace

__all__ = ["evidence_folder", "home", "own", "short", "write"]


def home() -> Workspace | None:
    """The learner's workspace; None where nothing was started."""
    return own_home()


def own() -> Workspace:
    """The learner's workspace; raises UsageError where nothing was started."""
    found = own_home()
    if found is None:
        raise UsageError("there are no pages of yours yet: run `workbook start` first")
    return found


def evidence_folder(named: Path | None) -> Path:
    """The folder that was named, else the workspace's own; made, so that reports can go there."""
    folder = named or workspace.planned(catalog.root()).folder / "evidence"
    if named and not named.is_dir():
        raise UsageError(f"--evidence {named}: is not a folder")
    found = own_home()
    if named is None and found:
        folder = found.folder / "evidence"
        folder.mkdir(exist_ok=True)
    return folder


def write(path: Path | None, text: Callable[[], str]) -> None:
    """Write a page, in one step, where one was asked for; says where it is."""
    if path:
        try:
            refuse_unwritable([path])
            refuse_foreign("html", path)
        except CannotRun as error:
            raise UsageError(str(error)) from None
        write_report(path, text())
        print(f"written: {short(path)}\n")
