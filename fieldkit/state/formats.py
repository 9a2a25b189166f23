"""Table formats in folders (Delta Lake, Iceberg): read through their logs, not by their files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.state.fingerprints import literal, quoted

PACKAGES = {"Delta": "deltalake", "Iceberg": '"pyiceberg[pyarrow]"'}
TYPES = {  # of Delta, where a table has no file that DuckDB could take them from
    "byte": "TINYINT", "short": "SMALLINT", "integer": "INTEGER", "long": "BIGINT",
    "float": "FLOAT", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip


class UnreadableTable(Exception):
    """A table whose files cannot be read to the end; says which file."""


@dataclass(frozen=True)
class LogTable:
    """A folder that is one table of a format with a log; `catalog`: its pointers by Iceberg."""

    folder: Path
    format: str
    catalog: Mapping[str, str]

    def define(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Define the table's present version under this name.

        Raises CannotRun without the package that reads it, UnreadableTable for a torn log.
        """
        try:
            _DEFINE[self.format](self, con, relation)
        except ImportError:
            raise CannotRun(
                f"{self.folder.name}: is a table of {self.format}, which is read through its "
                f"log by a package that is not installed: pip install {PACKAGES[self.format]}"
            ) from None
        except (CannotRun, duckdb.Error):
            raise
        except Exception as error:  # each package and version has errors of its own
            why = " ".join(str(error).split())[:200]
            raise UnreadableTable(f"the log of {self.format} cannot be read: {why}") from None


def found_in(folder: Path, catalog: Mapping[str, str]) -> LogTable | None:
    """The table of a format with a log that a folder is, if it is one."""
    if (folder / "_delta_log").is_dir():
        return LogTable(folder, "Delta", {})
    if any((folder / "metadata").glob("*.metadata.json")):
        return LogTable(folder, "Iceberg", catalog)
    return None


def is_empty(table: LogTable) -> bool:
    """Whether nothing is committed yet, as after a kill in its first load: not a table so far."""
    if table.format != "Delta":
        return False
    names = [path.name for path in (table.folder / "_delta_log").iterdir()]
    return not any(name.endswith((".json", ".checkpoint.parquet")) for name in names)


# -- Delta Lake


def _delta(table: LogTable, con: duckdb.DuckDBPyConnection, relation: str) -> None:
    from deltalake import DeltaTable

    log = DeltaTable(str(table.folder))
    used = {str(one) for one in log.protocol().reader_features or ()}
    mapped = log.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapped != "none" or "deletionVectors" in used:
        what = "deletion vectors" if "deletionVectors" in used else "column mapping"
        raise CannotRun(
            f"{table.folder.name}: is a Delta table with {what}, which is not read here; "
            "compare an export of it instead"
        )
    files = [unquote(urlsplit(one).path) for one in log.file_uris()]
    if files:
        listed = ", ".join(map(literal, sorted(files)))
        options = "union_by_name = true, hive_partitioning = true, hive_types_autocast = false"
        con.execute(f"create view {relation} as from read_parquet([{listed}], {options})")
        return
    fields = json.loads(log.schema().to_json())["fields"]
    columns = (
        f"null::{TYPES.get(str(f['type']), 'VARCHAR')} as {quoted(f['name'])}" for f in fields
    )
    con.execute(f"create view {relation} as select {', '.join(columns)} where false")


# -- Iceberg


def catalog_of(path: Path) -> dict[str, str]:
    """The pointers in an Iceberg catalog of SQLite: name of the metadata file by table folder.

    Empty for any other file.
    """
    with suppress(OSError), path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            return {}
    # A copy with the files beside it: a killed commit has left a journal that must be applied.
    with TemporaryDirectory(prefix="fieldkit-") as folder, suppress(OSError, sqlite3.Error):
        for one in path.parent.glob(f"{path.name}*"):
            if one.is_file():
                shutil.copyfile(one, Path(folder) / one.name)
        with closing(sqlite3.connect(Path(folder) / path.name)) as con:
            rows = con.execute("select metadata_location from iceberg_tables").fetchall()
        # By the name of the table's folder and of the file: a copy lies at another place.
        paths = [Path(unquote(urlsplit(location).path)) for (location,) in rows if location]
        return {"/".join(one.parts[-4:-2]): one.name for one in paths} | {"": ""}
    return {}


def _iceberg(table: LogTable, con: duckdb.DuckDBPyConnection, relation: str) -> None:
    from fieldkit.state.iceberg import batches

    reader: Any = batches(table.folder, _pointer(table))
    con.register("fieldkit_batches", reader)
    con.execute(f"create table {relation} as from fieldkit_batches")
    con.unregister("fieldkit_batches")


def _pointer(table: LogTable) -> Path:
    """The metadata file that is current: by the catalog, the hint, or the highest version."""
    folder = table.folder / "metadata"
    if name := table.catalog.get("/".join(table.folder.parts[-2:])):
        return folder / name
    hint = folder / "version-hint.text"
    if hint.is_file():
        version = hint.read_text(encoding="utf-8").strip()
        for name in (f"v{version}.metadata.json", f"{version}.metadata.json", version):
            if (folder / name).is_file():
                return folder / name
    return max(folder.glob("*.metadata.json"), key=lambda one: (_version(one.name), one.name))


def _version(name: str) -> int:
    digits = name.removeprefix("v").partition(".")[0].partition("-")[0]
    return int(digits) if digits.isdigit() else -1


_DEFINE: dict[str, Callable[[LogTable, duckdb.DuckDBPyConnection, str], None]] = {
    "Delta": _delta,
    "Iceberg": _iceberg,
}
