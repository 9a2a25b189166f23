"""The folder to take to work: the log and the books as files, the map that shipped, and yours."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import yaml

from labs.step3_outcome.world.books import CAPACITY, FINANCE
from labs.step3_outcome.world.documents import HOURS, NONE, Statement
from labs.step3_outcome.world.northlight import TEAM, pipelines

# Each number of this map is right; three have no source, and one value is claimed twice in full.
SHIPPED = (
    {"pipeline": "stock_alerts", "kind": "cost", "metric": "emergency_freight"},
    {"pipeline": "reorder_points", "kind": "cost", "metric": "emergency_freight"},
    {"pipeline": "weekly_fill_rate", "kind": "cost", "metric": "fill_rate_penalties", "source": ""},
    {"pipeline": "cart_reminders", "kind": "revenue", "metric": "recovered_carts", "source": ""},
    {"pipeline": "invoice_matching", "kind": HOURS, "metric": "invoice_hours",
     "task": "match invoices", "source": ""},
    {"pipeline": "session_paths", "kind": NONE},
)  # fmt: skip
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_RAN_AT = "2026-12-31T05:00:00Z"
REGISTER = 'select table_name as "table", * exclude table_name from register'
Rows = Sequence[Mapping[str, Any]]


def office(con: duckdb.DuckDBPyConnection, statements: Sequence[Statement]) -> dict[str, str]:
    """Paths in office/ -> texts: exports in the field's own formats, and two value maps."""
    metrics = _metrics(con)
    given = {metric["name"]: metric for metric in metrics}
    initiatives = _rows(con, "from initiatives")
    files = {
        "jobs.csv": _jobs(con),
        "principals.csv": _csv(_rows(con, "from principals order by kind, email")),
        "lineage.jsonl": _lineage(con),
        "exposures.yml": _yaml(_exposures(con)),
        "register.csv": _csv(_rows(con, REGISTER)),
        "tasks.csv": _csv(_rows(con, "from tasks")),
        "metrics.yml": _yaml({"metrics": metrics}),
        "shipped.yml": _map([_shipped(one, given, con) for one in SHIPPED], ()),
        "map.yml": _map(_mine(statements, given), initiatives),
    }
    return {f"office/{name}": text for name, text in files.items()}


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _jobs(con: duckdb.DuckDBPyConnection) -> str:
    """As BigQuery exports it: times in UTC with a Z, lists as JSON."""
    query = """select job_id, strftime(creation_time, '%Y-%m-%dT%H:%M:%SZ') as creation_time,
        user_email, statement_type, to_json(referenced_tables) as referenced_tables,
        destination_table, total_bytes_billed, cache_hit::varchar as cache_hit, cost_cents
        from jobs order by job_id"""
    return _csv(_rows(con, query))


def _csv(rows: Rows) -> str:
    target = io.StringIO()
    written = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
    written.writeheader()
    written.writerows(rows)
    return target.getvalue()


def _yaml(told: Any) -> str:
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)


def _lineage(con: duckdb.DuckDBPyConnection) -> str:
    """One finished run of everything that is made of something, views included."""
    made = {one.table: one.name for one in pipelines().values()}
    inputs: dict[str, list[str]] = {}
    for row in _rows(con, "from lineage"):
        inputs.setdefault(row["downstream"], []).append(row["upstream"])
    events = [
        {"eventType": "COMPLETE", "eventTime": _RAN_AT, "producer": "northlight", "schemaURL": SPEC,
         "run": {"runId": f"00000000-0000-0000-0000-{number:012}"},
         "job": {"namespace": "northlight", "name": made.get(table, table)},
         "inputs": [{"namespace": "warehouse", "name": name} for name in sources],
         "outputs": [{"namespace": "warehouse", "name": table}]}
        for number, (table, sources) in enumerate(inputs.items(), 1)
    ]  # fmt: skip
    return "".join(f"{json.dumps(event)}\n" for event in events)


def _exposures(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """As dbt has them; what a dashboard is worth has no field of its own there."""
    return {
        "version": 2,
        "exposures": [
            {"name": row["name"], "type": "dashboard", "maturity": row["maturity"],
             "owner": {"email": row["owner"]},
             "depends_on": [f"ref('{row['table_name'].split('.')[1]}')"]}
            for row in _rows(con, "from exposures")
        ],
    }  # fmt: skip


def _metrics(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Each metric with its mean month, as its owner keeps it."""
    means = {row["metric"]: row["cents"] for row in _rows(
        con, "select metric, avg(margin_cents) as cents from ledger group by metric"
    )}  # fmt: skip
    rows = _rows(con, "from metrics")
    hours = {row["name"]: _hours(con, row["measures"]) for row in rows if row["kind"] == HOURS}
    return [
        {key: row[key] for key in ("name", "owner", "unit")}
        | {"per_month": round(means.get(row["name"], hours.get(row["name"], 0)))}
        | {key: row[key] for key in ("source", "measures", "pipelines")}
        for row in rows
    ]


def _task(con: duckdb.DuckDBPyConnection, measures: str) -> dict[str, Any]:
    return next(task for task in _rows(con, "from tasks") if task["task"] in measures)


def _hours(con: duckdb.DuckDBPyConnection, measures: str) -> float:
    task = _task(con, measures)
    return float(task["minutes"] * task["times_per_month"] / 60)


def _shipped(
    one: Mapping[str, str], metrics: Mapping[str, Mapping[str, Any]], con: duckdb.DuckDBPyConnection
) -> dict[str, Any]:
    """A statement of the map that shipped, with the number that is right for it."""
    entry = {"pipeline": one["pipeline"], "table": pipelines()[one["pipeline"]].table} | dict(one)
    if one["kind"] == NONE:
        return entry
    metric = metrics[one["metric"]]
    entry |= {"owner": metric["owner"], "source": one.get("source", metric["source"])}
    if one["kind"] != HOURS:
        return entry | {"per_month": metric["per_month"]}
    task = _task(con, one["task"])
    cents = task["minutes"] * task["times_per_month"] * task["rate_cents"] // 60
    return entry | {
        "rate": task["rate_cents"], "times": task["times_per_month"], "per_month": cents
    }  # fmt: skip


def _mine(
    statements: Sequence[Statement],
    metrics: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The learner's statements; who shares a metric says which part of it is theirs."""
    claimed = [one.metric for one in statements if one.kind not in (NONE, HOURS)]
    made = [_stated(one) for one in statements]
    for entry in made:
        if claimed.count(entry.get("metric", "")) > 1 and entry["metric"] in metrics:
            whole = metrics[entry["metric"]]["per_month"]
            entry["share"] = round(entry.get("per_month", 0) / whole, 6)
    return made


def _stated(one: Statement) -> dict[str, Any]:
    entry: dict[str, Any] = {"pipeline": one.pipeline, "table": pipelines()[one.pipeline].table}
    given = {key: value for key, value in vars(one).items() if value not in (None, "")}
    return entry | {k: round(v) if isinstance(v, float) else v for k, v in given.items()}


def _map(statements: list[dict[str, Any]], initiatives: Rows) -> str:
    told: dict[str, Any] = {"team": [TEAM], "currency": "USD", "capacity_days": CAPACITY}
    told |= {"rate_owner": FINANCE, "pipelines": statements}
    told |= {"initiatives": [dict(one) for one in initiatives]} if initiatives else {}
    return _yaml(told)
