"""What is compared: tables and columns by name, and presets for well-known tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from fieldkit.errors import CannotRun

Tables = Mapping[str, Mapping[str, str]]  # table -> column -> type


@dataclass(frozen=True)
class Scope:
    """What counts: tables (all by default), and what is left out by name or by a preset."""

    tables: tuple[str, ...] = ()
    ignore_tables: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    working: tuple[str, ...] = ()

    def restored_only(self, place: Path) -> bool:
        """Whether a folder is a tool's own working folder: put back, but not compared."""
        found = (one for mark in self.working for one in place.glob(mark))
        return place.is_dir() and next(found, None) is not None

    def counts(self, name: str) -> bool:
        """Whether a table is compared; names may hold * and ?, and end in a state's own name."""
        chosen = not self.tables or any(named(pattern, name) for pattern in self.tables)
        return chosen and not any(named(pattern, name) for pattern in self.ignore_tables)

    def left_out(self, name: str, columns: Mapping[str, str]) -> set[str]:
        """The columns of this table that are not compared."""
        return {
            column
            for column in columns
            for pattern in self.ignore
            if fnmatchcase(column, pattern)
            or (pattern.endswith(f".{column}") and named(pattern[: -len(column) - 1], name))
        }

    def key(self, name: str) -> tuple[str, ...]:
        """The key that the user gave for this table."""
        return next((key for pattern, key in self.keys.items() if named(pattern, name)), ())


def named(pattern: str, name: str) -> bool:
    """Whether a pattern matches this table, with or without the state's name before it."""
    return any(fnmatchcase(one, pattern) for one in (name, name.partition(": ")[2]) if one)


PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    "dlt": {
        "ignore": ("_dlt_load_id", "_dlt_id", "_dlt_parent_id", "_dlt_root_id"),
        "ignore_tables": (
            *("*_dlt_loads", "*_dlt_version", "*_dlt_pipeline_state", "*_staging.*"),
        ),
        "elsewhere": (),
        # dlt's working folder, named as a state so that it is put back between the runs.
        "working": ("load/.version", "*/load/.version"),
    },
    "dbt": {
        "ignore": (),
        "ignore_tables": ("*__dbt_tmp", "*__dbt_tmp_*", "*__dbt_backup"),
        "elsewhere": ("*target/*", "*logs/*"),
        "working": (),
    },
}


def with_preset(scope: Scope, name: str) -> Scope:
    """The scope with a tool's own tables and columns left out; raises CannotRun for others."""
    if not name:
        return scope
    if name not in PRESETS:
        raise CannotRun(f"--preset {name}: there are {' and '.join(PRESETS)}")
    preset = PRESETS[name]
    return replace(
        scope,
        ignore=(*scope.ignore, *preset["ignore"]),
        ignore_tables=(*scope.ignore_tables, *preset["ignore_tables"]),
        working=preset["working"],
    )


def written_as_usual(name: str, file: str) -> bool:
    """Whether a tool writes this file on every run, and nothing depends on it."""
    return any(fnmatchcase(file, one) for one in PRESETS.get(name, {}).get("elsewhere", ()))


def refuse_unknown(scope: Scope, there: Tables) -> None:
    """Raise CannotRun for a table or key column that the user named and no state has."""
    asked = (
        ("--table", scope.tables), ("--ignore-table", scope.ignore_tables), ("--key", scope.keys),
    )  # fmt: skip
    for option, patterns in asked:
        for pattern in patterns:
            if not any(named(pattern, name) for name in there):
                known = ", ".join(sorted(there)) or "none"
                raise CannotRun(f"{option} {pattern}: no such table; there are: {known}")
    for table, key in scope.keys.items():
        for name, columns in there.items():
            if named(table, name) and (absent := set(key) - columns.keys()):
                raise CannotRun(
                    f"--key {table}={','.join(key)}: {name} has no column {min(absent)}; there "
                    f"are: {', '.join(list(columns)[:12])}"
                )


def left_out(scope: Scope, there: Tables) -> list[str]:
    """What is not compared, for the report."""
    tables = [f"table {name}" for name in sorted(there) if not scope.counts(name)]
    columns = [
        f"column {name}.{column}"
        for name in sorted(there)
        if scope.counts(name)
        for column in sorted(scope.left_out(name, there[name]))
    ]
    return tables + columns


def unused(scope: Scope, there: Tables) -> list[str]:
    """The --ignore patterns that match no column."""
    return [
        pattern
        for pattern in scope.ignore
        if not any(replace(scope, ignore=(pattern,)).left_out(*table) for table in there.items())
    ]
