"""dbt's manifest.json: the SQL that dbt compiled, configs, and keys that tests hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldkit.audit import reading
from fieldkit.audit.catalog import Table, made_of_others
from fieldkit.audit.project import Project
from fieldkit.errors import CannotRun


@dataclass(frozen=True)
class Manifest:
    """Compiled models by their file's path in the project, and tables with a tested key."""

    models: Mapping[str, tuple[str, Mapping[str, Any]]]
    tables: tuple[Table, ...]


def read(path: Path) -> Manifest:
    """Read a manifest of any version that has `nodes`; raises CannotRun."""
    try:
        nodes = json.loads(reading.text(path, "--manifest "))["nodes"]
        found = [node for node in nodes.values() if isinstance(node, dict)]
    except OSError as error:
        raise CannotRun(f"--manifest {path}: {error.strerror}; run `dbt compile`") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CannotRun(
            f"--manifest {path}: is not dbt's manifest.json; run `dbt compile`"
        ) from None
    models = {
        str(n.get("original_file_path", "")).replace("\\", "/"): (
            str(n.get("compiled_code") or n.get("compiled_sql") or ""),
            n.get("config") if isinstance(n.get("config"), dict) else {},
        )
        for n in found
        if n.get("resource_type") == "model"
    }
    names = {str(key): str(n.get("name")) for key, n in nodes.items() if isinstance(n, dict)}
    tables = tuple(t for n in found if (t := _key(n, names)) is not None)
    return Manifest(models, tables)  # type: ignore[arg-type]


def _key(node: Mapping[str, Any], names: Mapping[str, str]) -> Table | None:
    """The key that a test of this node holds."""
    test = node.get("test_metadata")
    model = names.get(str(node.get("attached_node")))
    if not isinstance(test, dict) or model is None:
        return None
    told = test.get("kwargs")
    told = told if isinstance(told, dict) else {}
    if test.get("name") == "unique" and told.get("column_name"):
        return Table(model, grain=(str(told["column_name"]).lower(),), tested=True)
    if test.get("name") == "unique_combination_of_columns":
        columns = told.get("combination_of_columns")
        if not isinstance(columns, list):
            return None
        return Table(model, grain=tuple(str(c).lower() for c in columns), tested=True)
    return None


def applied(found: Project, manifest: Manifest) -> Project:
    """The same files with their compiled SQL; one that dbt has not compiled is rendered here."""
    files = tuple(
        replace(file, compiled=manifest.models[file.path][0], config=manifest.models[file.path][1])
        if manifest.models.get(file.path, ("", {}))[0]
        else file
        for file in found.files
    )
    tested = found.tested | {table.name for table in manifest.tables}
    known = (table for table in manifest.tables if not made_of_others(table.grain))
    return replace(found, files=files, tables=(*found.tables, *known), tested=tested)
