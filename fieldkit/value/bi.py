"""Usage of a BI tool as CSV: who saw which table or dashboard, by a map of columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.value.exports import LISTED, Export, opened, text_of
from fieldkit.value.logs import Logs, not_a_number, not_a_time, time_of
from fieldkit.value.names import clean

# What is looked for, and what BI tools and exports of them call it; a column map says it better.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "table": ("table", "table_name", "dataset", "dataset_name", "model"),
    "exposure": ("exposure", "dashboard", "dashboard_name", "report", "report_name", "workbook",
                 "view_name", "content"),
    "user": ("user", "user_email", "user_name", "viewer", "email", "userid"),
    "at": ("at", "time", "timestamp", "date", "day", "viewed_at", "created_at", "activity_time"),
    "users": ("users", "viewers", "unique_users", "unique_viewers"),
}  # fmt: skip


def column_map(given: str) -> dict[str, str]:
    """A map of columns from table=dataset,user=viewer; raises CannotRun."""
    found = {}
    for part in given.split(","):
        name, equals, column = part.partition("=")
        if not equals or name.strip() not in COLUMNS or not column.strip():
            raise CannotRun(
                f"--bi-columns {part}: write NAME=COLUMN; NAME is one of {', '.join(COLUMNS)}"
            )
        found[name.strip()] = column.strip().lower()
    return found


def load(logs: Logs, path: Path, mapped: Mapping[str, str], exposed: Mapping[str, list[str]]) -> (
    dict[str, int]
):  # fmt: skip
    """Views by named users become reads; gives the viewers of tables where only counts are known.

    `exposed`: tables by exposure, for usage that is counted by dashboard. Raises CannotRun.
    """
    export = opened(logs.con, path)
    columns = {name: _column(export, name, mapped) for name in COLUMNS}
    what = "table" if columns["table"] else "exposure"
    if not columns[what] or not (columns["user"] or columns["users"]):
        lacks = "table or exposure" if not columns[what] else "user or users"
        has = ", ".join(sorted(export.columns)[:LISTED])
        raise CannotRun(
            f"{path} row 1: has no column for {lacks}, only {has}; say which with --bi-columns "
            f"{lacks.partition(' ')[0]}=COLUMN"
        )
    strange = sorted(export.columns - {name for name in columns.values() if name})
    if strange:
        logs.notes.append(f"{path} row 1: not read: {', '.join(strange[:LISTED])}.")
    if columns["user"]:
        _views(logs, export, columns, exposed)
        return {}
    return _counts(logs, export, columns, exposed)


def _column(export: Export, name: str, mapped: Mapping[str, str]) -> str:
    if name in mapped:
        if mapped[name].lower() not in export.columns:
            has = ", ".join(sorted(export.columns)[:LISTED])
            raise CannotRun(f"{export.name} row 1: has no column {mapped[name]}, only {has}")
        return mapped[name].lower()
    return next((one for one in COLUMNS[name] if one in export.columns), "")


def _text(export: Export, columns: Mapping[str, str], name: str) -> str:
    return export.column(columns[name]) if columns[name] else "null::varchar"


def _thing(export: Export, columns: Mapping[str, str]) -> str:
    if columns["table"]:
        return f"cleaned({_text(export, columns, 'table')})"
    return f"lower(trim({_text(export, columns, 'exposure')}))"


def _meant(
    logs: Logs, export: Export, by_table: bool, exposed: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Tables by what the export calls them; a dashboard that no exposure names is noted."""
    rows = logs.con.execute("select thing, min(nr) from raw group by thing order by 2").fetchall()
    found, missing = {}, []
    for thing, row in rows:
        tables = [clean(thing)] if by_table else exposed.get(thing or "", [])
        found[thing] = tables
        missing += [] if tables else [(row, thing)]
    if missing:
        logs.notes.append(
            f"{export.name} row {missing[0][0]}: no exposure is called {missing[0][1]!r}"
            + (f" ({len(missing) - 1:,} more like it)" if len(missing) > 1 else "")
            + "; its views count for no table. Add the exposure."
        )
    return found


def _views(
    logs: Logs, export: Export, columns: Mapping[str, str], exposed: Mapping[str, list[str]]
) -> None:
    when = _text(export, columns, "at")
    picked = {
        "thing": _thing(export, columns),
        "account": f"lower(trim({_text(export, columns, 'user')}))",
        **time_of(when),
    }
    logs.raw(export, picked, [not_a_time(columns["at"] or "at", when)] if columns["at"] else [])
    if columns["at"]:
        logs.naive(export, columns["at"])
    else:
        last = logs.con.execute("select max(creation_time) from jobs").fetchall()[0][0]
        logs.con.execute("update raw set seen = ?", [last])
        logs.notes.append(f"{export.name}: has no time; its views count as of the log's last day.")
    meant = _meant(logs, export, bool(columns["table"]), exposed)
    pairs = [(thing, table) for thing, tables in meant.items() for table in tables]
    logs.con.execute("create or replace temp table shown (thing varchar, known varchar)")
    if pairs:
        logs.con.executemany("insert into shown values (?, ?)", pairs)
    logs.con.execute(
        f"insert into jobs select {text_of(export.name)}, nr, null, seen, account, [known], [], "
        "'', null, false, false from raw join shown using (thing)"
    )
    logs.con.execute("insert into viewers select distinct account from raw")


def _counts(
    logs: Logs, export: Export, columns: Mapping[str, str], exposed: Mapping[str, list[str]]
) -> dict[str, int]:
    users = _text(export, columns, "users")
    picked = {"thing": _thing(export, columns), "users": f"number({users})"}
    logs.raw(export, picked, [not_a_number(columns["users"], users, "users")])
    meant = _meant(logs, export, bool(columns["table"]), exposed)
    found: dict[str, int] = {}
    rows = logs.con.execute(
        "select thing, max(users) from raw group by thing order by 1"
    ).fetchall()
    for thing, most in rows:
        for table in meant[thing]:
            found[table] = max(found.get(table, 0), int(most or 0))
    return found
