"""The tables of step 3 as DuckDB has them, and a script that fills them with a few rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]

# Names of columns are those of BigQuery's INFORMATION_SCHEMA.JOBS where there is one for it.
TABLES: Mapping[str, Mapping[str, str]] = {
    "jobs": {
        "job_id": "varchar", "creation_time": "timestamp", "user_email": "varchar",
        "statement_type": "varchar", "referenced_tables": "varchar[]",
        "destination_table": "varchar", "total_bytes_billed": "bigint", "cache_hit": "boolean",
        "cost_cents": "integer",
    },
    "principals": {"email": "varchar", "kind": "varchar", "readers": "integer"},
    "lineage": {"downstream": "varchar", "upstream": "varchar"},
    # `table` is a reserved word of SQL: as a column it would need quotes in each query.
    "exposures": {
        "name": "varchar", "table_name": "varchar", "owner": "varchar", "maturity": "varchar",
    },
    "register": {
        "table_name": "varchar", "rule": "varchar", "cadence": "varchar", "next_due": "date",
    },
    "pipelines": {
        "pipeline": "varchar", "table_name": "varchar", "planned_runs": "integer",
        "billing": "varchar",
    },
    "runs": {
        "pipeline": "varchar", "month": "date", "runs": "integer", "cost_cents": "integer",
        "engineer_hours": "integer",
    },
    "incidents": {
        "pipeline": "varchar", "began_at": "timestamp", "detected_at": "timestamp",
        "resolved_at": "timestamp", "told_by": "varchar",
    },
    "proposals": {
        "id": "varchar", "pipeline": "varchar", "days": "integer", "rate_cents": "integer",
        "before_cents": "integer", "after_cents": "integer", "spent_days": "integer",
    },
    "initiatives": {
        "id": "varchar", "title": "varchar", "asked_by": "varchar", "votes": "integer",
        "spent_days": "integer", "effort_days": "integer", "p10_cents": "bigint",
        "p50_cents": "bigint", "p90_cents": "bigint", "run_cost_cents": "bigint",
        "needs": "varchar[]",
    },
    "metrics": {
        "name": "varchar", "kind": "varchar", "owner": "varchar", "unit": "varchar",
        "pipelines": "varchar[]", "measures": "varchar", "source": "varchar",
    },
    "ledger": {
        "metric": "varchar", "month": "date", "gross_cents": "bigint", "margin_cents": "bigint",
    },
    "tasks": {
        "task": "varchar", "owner": "varchar", "minutes": "integer",
        "times_per_month": "integer", "rate_cents": "integer",
    },
}  # fmt: skip


def script(rows: Mapping[str, Rows], tables: Sequence[str] = ()) -> str:
    """SQL that creates tables and fills them.

    rows: table -> its rows, each column -> value; a column that is left out is NULL. tables: which
    ones to create besides those, empty; all of them where it is empty.
    """
    wanted = [name for name in TABLES if not tables or name in tables or name in rows]
    return "\n".join(_made(name) + _filled(name, rows.get(name, ())) for name in wanted)


def _made(table: str) -> str:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in TABLES[table].items())
    return f"create table {table} ({columns});\n"


def _filled(table: str, rows: Rows) -> str:
    if not rows:
        return ""
    names = TABLES[table]
    values = ",\n".join(f"({', '.join(literal(row.get(n)) for n in names)})" for row in rows)
    return f"insert into {table} values\n{values};\n"


def literal(value: Any) -> str:
    """A Python value as SQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dt.datetime):
        return f"timestamp '{value}'"
    if isinstance(value, dt.date):
        return f"date '{value}'"
    return "'" + str(value).replace("'", "''") + "'"
