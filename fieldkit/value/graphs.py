"""Lineage from files: OpenLineage events, dbt's manifest.json, Databricks' table lineage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.value.exports import LINE, UNREADABLE
from fieldkit.value.exports import text_of as quoted
from fieldkit.value.load import add as add_export
from fieldkit.value.logs import Logs
from fieldkit.value.names import clean
from fieldkit.value.written import text_of

BUILT = {"model", "seed", "snapshot", "source"}
# An event of a run may tell its inputs, another its outputs; a run that failed built nothing.
EVENTS = """
create or replace temp table events as
with read as (
    select row_number() over () as nr, json,
        json_extract_string(json, '$.inputs[*].name') as ups,
        json_extract_string(json, '$.outputs[*].name') as downs
    from read_json_objects({file}, format='{form}', maximum_object_size={longest}))
select nr, ups, downs, upper(coalesce(json_extract_string(json, '$.eventType'), 'OTHER')) as kind,
    coalesce(json_extract_string(json, '$.run.runId'), 'line ' || nr) as run,
    json_extract_string(json, '$.job.name') is not null
        or json_extract_string(json, '$.dataset.name') is not null as known
from read
"""
EDGES = """
insert into edges
with good as (select * from events where run not in (
    select run from events where kind in ('FAIL', 'ABORT'))),
ups as (select run, nr, cleaned(unnest(ups)) as up from good),
downs as (select run, nr, cleaned(unnest(downs)) as down from good)
select up, down, {file}, min(greatest(ups.nr, downs.nr)) from ups join downs using (run)
where is_table(up) and is_table(down) group by up, down
"""


def add(logs: Logs, path: Path) -> None:
    """Load a lineage file, whichever it is; raises CannotRun with file and line."""
    if not path.is_file():
        raise CannotRun(f"{path}: there is no such file; name a lineage file")
    head = _head(path)
    if manifest := manifest_of(path, head):
        edges = [(up, down, str(path), 0) for up, down in dbt_edges(manifest)]
        if edges:
            logs.con.executemany("insert into edges values (?, ?, ?, ?)", edges)
        return
    if '"inputs"' in head or '"outputs"' in head or '"eventType"' in head:
        _open_lineage(logs, path, "array" if head.lstrip()[:1] == "[" else "newline_delimited")
        return
    add_export(logs, path)


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(2**16).decode("utf-8", errors="replace")


def manifest_of(path: Path, head: str | None = None) -> dict[str, Any]:
    """dbt's manifest.json as it is; {} for a file that is another; raises CannotRun."""
    head = _head(path) if head is None else head
    if "/dbt/manifest/" not in head and '"parent_map"' not in head:
        return {}
    try:
        told = json.loads(text_of(path, "run `dbt parse`"))
    except (ValueError, RecursionError):
        raise CannotRun(f"{path}: is not dbt's manifest.json; run `dbt parse`") from None
    return told if isinstance(told, dict) else {}


def relations(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Table names by dbt's unique id; an ephemeral model has none: it is no table."""
    found = {}
    for part in ("nodes", "sources"):
        for key, node in (manifest.get(part) or {}).items():
            config = node.get("config") or {}
            if node.get("resource_type") not in BUILT or config.get("enabled") is False:
                continue
            if config.get("materialized") != "ephemeral":
                name = node.get("identifier") or node.get("alias") or node.get("name")
                parts = (node.get("database"), node.get("schema"), name)
                found[key] = clean(".".join(str(one) for one in parts if one))
    return found


def dbt_edges(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(upstream, downstream) of all tables, through ephemeral models."""
    tables = relations(manifest)
    nodes = manifest.get("nodes") or {}
    for key, name in sorted(tables.items()):
        for up in sorted(_parents(nodes, tables, key, set())):
            yield tables[up], name


def _parents(
    nodes: Mapping[str, Any], tables: Mapping[str, str], key: str, seen: set[str]
) -> set[str]:
    found = set()
    for up in ((nodes.get(key) or {}).get("depends_on") or {}).get("nodes") or ():
        if up in tables:
            found.add(up)
        elif up not in seen and str(up).startswith("model."):
            seen.add(up)
            found |= _parents(nodes, tables, up, seen)
    return found


def _open_lineage(logs: Logs, path: Path, form: str) -> None:
    try:
        logs.con.execute(EVENTS.format(file=quoted(path), longest=LINE, form=form))
    except UNREADABLE:
        if form == "array":
            raise CannotRun(f"{path}: is not JSON; write a list of events, or one a line") from None
        raise CannotRun(_bad_line(path)) from None
    count, known = logs.con.execute(
        "select count(*), count(*) filter (known) from events"
    ).fetchall()[0]
    if not known:
        raise CannotRun(f"{path} line 1: holds no OpenLineage event; each line is one, with a job")
    if known < count:
        line = logs.con.execute("select min(nr) from events where not known").fetchall()[0][0]
        logs.notes.append(
            f"{path} line {line}: is not an OpenLineage event (it names no job); left out."
        )
    logs.con.execute(EDGES.format(file=quoted(path)))


def _bad_line(path: Path) -> str:
    """Which line of a JSON lines file is none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                json.loads(line or "{}") if line.strip() else None
            except (ValueError, RecursionError):
                return f"{path} line {number}: is not JSON; each line is one event"
    return f"{path}: cannot be read as JSON lines; each line is one event"
