"""What a learner hands in: one zip of pages, modules, workbook.toml, record and evidence."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import zipfile
from pathlib import Path

from classroom import intake
from classroom.members import DIAGNOSIS, EVIDENCE
from workbook.errors import WorkbookError
from workbook.workspace import MARK, Workspace


def packed(home: Workspace, out: Path | None, record: bool) -> tuple[Path, list[str]]:
    """Make the zip; returns where it is and what is in it. Raises WorkbookError."""
    started = home.started
    target = out or Path(f"hand-in-{intake.slug(started.get('learner', '')) or 'me'}.zip")
    files = sorted(p for p in home.folder.glob("*") if p.suffix in (".ipynb", ".py"))
    files = [path for path in files if path.is_file()]
    if not files:
        raise WorkbookError(f"{home.folder.name}/ holds no page: run `workbook start` first")
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        beside = (home.folder / name for name in (MARK, DIAGNOSIS))
        files += [path for path in beside if path.is_file()]
        if record and home.progress.is_file():
            files.append(_copied(home.progress, scratch))
        reports = sorted(p for p in (home.folder / EVIDENCE).glob("*.json") if p.is_file())
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in files:
                    archive.write(path, path.name)
                for path in reports:
                    archive.write(path, f"{EVIDENCE}/{path.name}")
        except OSError as error:
            raise WorkbookError(f"{target} cannot be written: {error.strerror}") from None
    told = [f"{len(reports)} reports from work"] if reports else []
    return target, [*(path.name for path in files), *told]


def _copied(record: Path, folder: Path) -> Path:
    """The record as one file, whatever is at work on it; the record itself is only read."""
    copy = folder / record.name
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{record.as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise WorkbookError(
            f"{record.name} cannot be read ({error}): hand in --without-record"
        ) from None
    return copy
