"""Scans whatever lies at a path for personal data, source by source, whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern import baseline
from fieldkit.govern.found import Hit, Scanned
from fieldkit.govern.sources import Source, sources
from fieldkit.govern.spans import ENTITIES
from fieldkit.govern.tables import attached, engine, name_keys, relation_of, scan_relation
from fieldkit.govern.tally import Tally, safe
from fieldkit.govern.texts import (
    scan_csv,
    scan_notebook,
    scan_sqlite,
    scan_text_file,
    scan_workbook,
)

FAIL_ON = (*ENTITIES, "new", "any")


@dataclass(frozen=True)
class Settings:
    """`fail_on`: entities, `any` (all but url) or `new` (since the baseline).

    `ignore`: patterns of files to leave out.
    """

    fail_on: tuple[str, ...] = ("any",)
    baseline: Path | None = None
    update: bool = False
    ignore: tuple[str, ...] = ()


def fail_on(given: Sequence[str]) -> tuple[str, ...]:
    """The kinds for which a scan fails; raises CannotRun for one that there is not."""
    kinds = [part.strip().lower() for one in given for part in one.split(",") if part.strip()]
    if wrong := [one for one in kinds if one not in FAIL_ON]:
        raise CannotRun(f"--fail-on {wrong[0]}: there is no such kind; there are: {_all()}")
    return tuple(kinds) or ("any",)


def _all() -> str:
    return ", ".join(FAIL_ON)


def scan(
    target: Path, settings: Settings | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Scanned:  # fmt: skip
    """Scan a file, a database or a folder; raises CannotRun where nothing of it can be read."""
    settings = settings or Settings()
    if "new" in settings.fail_on and not settings.baseline:
        raise CannotRun("--fail-on new: new since when? Name a file with --baseline")
    if settings.baseline:
        baseline.read(settings.baseline)  # what is wrong with it is said before the work
    found = Scanned(str(target), fail_on=settings.fail_on)
    with tempfile.TemporaryDirectory(prefix="fieldkit-govern-") as scratch:
        there = list(sources(target, found.left, settings.ignore))
        if not there and not found.left.unread:
            raise CannotRun(f"{target}: holds no file, so nothing was looked at")
        for number, one in enumerate(there):
            progress(number, len(there), one.name)
            _Scan(one, found, Path(scratch), alone=target.is_file()).one()
    found.hits.sort(key=lambda one: one.key)
    baseline.compare(settings.baseline, found, update=settings.update)
    return found


@dataclass
class _Scan:
    """One source on its way into what was found."""

    source: Source
    found: Scanned
    scratch: Path
    alone: bool
    rows: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = self._tally()

    def _tally(self) -> Tally:
        tally = Tally(safe(self.source.name))
        tally.file(Path(self.source.name).stem)
        return tally

    def one(self) -> None:
        """Scan it; what cannot be read is said, and is an error where it is all there is."""
        name = safe(self.source.name)
        if not self.source.kind:
            if self.alone:
                raise CannotRun(f"{name}: is of no kind that can be read (see fieldkit govern -h)")
            self.found.left.skipped.append(name)
            return
        try:
            getattr(self, f"_{self.source.kind}")()
        except (OSError, EOFError, CannotRun, duckdb.Error) as error:
            why = self._why(error)
            if self.alone:
                raise CannotRun(why if why.startswith(name) else f"{name}: {why}") from None
            self.found.left.unread[name] = why.removeprefix(f"{name}: ")
            return
        self.rows = {safe(table): rows for table, rows in self.rows.items()}
        self.found.tables |= {(name, table): rows for table, rows in self.rows.items()}
        stem = Path(name).name.partition(".")[0]
        self.found.columns |= {(table or stem, one): None for table, one in self.tally.columns}
        self.found.hits += [self._with_rows(one) for one in self.tally.hits()]

    @staticmethod
    def _why(error: Exception) -> str:
        if isinstance(error, CannotRun):
            return str(error)
        if isinstance(error, duckdb.Error):
            # The engine quotes the data it stumbles over, which may be what nobody must see.
            return f"cannot be read ({type(error).__name__}); it is damaged, or of another format"
        return f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"

    def _with_rows(self, one: Hit) -> Hit:
        return replace(one, of=self.rows.get(one.table, 0))

    def _engine(self, relation: str, *, copied: bool = True, keys: bool = False) -> None:
        with engine(self.scratch) as con:
            if copied:  # a file of rows would be read anew for each of its columns
                con.execute(f"create temp table copied as from {relation}")
                relation = "copied"
            self.rows[""] = scan_relation(con, relation, "", self.tally)
            if keys:
                name_keys(con, relation, self.tally)

    def _duckdb(self) -> None:
        with engine(self.scratch) as con:
            for table, relation in attached(con, self.source.path).items():
                self.rows[table] = scan_relation(con, relation, table, self.tally)

    def _sqlite(self) -> None:
        scan_sqlite(self.source, self.tally, self.rows)

    def _parquet(self) -> None:
        self._engine(relation_of(self.source.path, "parquet"), copied=False)

    def _csv(self) -> None:
        try:
            self._engine(relation_of(self.source.path, "csv"))
        except duckdb.Error:
            self.tally = self._tally()
            self.rows[""] = scan_csv(self.source, self.tally)

    def _jsonl(self) -> None:
        try:
            self._engine(relation_of(self.source.path, "jsonl"), keys=True)
        except duckdb.Error:
            self.tally = self._tally()
            self._text()

    def _json(self) -> None:
        try:
            self._engine(relation_of(self.source.path, "json"), keys=True)
        except duckdb.Error:
            self.tally = self._tally()
            self._text()

    def _notebook(self) -> None:
        self.rows[""] = scan_notebook(self.source, self.tally)

    def _xlsx(self) -> None:
        scan_workbook(self.source, self.tally, self.rows)

    def _text(self) -> None:
        self.rows[""] = scan_text_file(self.source, self.tally)
