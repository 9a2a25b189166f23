"""BigQuery's INFORMATION_SCHEMA.JOBS: who read which tables, what was written, what it cost."""

from __future__ import annotations

from fieldkit.report.words import plural
from fieldkit.value.exports import Export, text_of
from fieldkit.value.logs import MILLION, Logs, not_a_list, not_a_number, not_a_time, time_of


def load(logs: Logs, export: Export) -> None:
    """Each job of the log is one row; raises CannotRun for a row that cannot be counted."""
    at, reads, writes = (
        export.column("creation_time"),
        export.column("referenced_tables"),
        export.column("destination_table"),
    )
    numbers = {
        name: export.column(name)
        for name in ("total_bytes_billed", "total_slot_ms", "cost_cents", "cost")
    }
    columns = {
        "id": f"concat_ws(':', {export.column('project_id')}, {export.column('job_id')})",
        **time_of(at),
        "account": f"lower(trim({export.column('user_email', 'principal_subject')}))",
        "reads": reads,
        "writes": writes,
        "cached": f"lower({export.column('cache_hit')}) in ('true', 't', '1', 'yes')",
        "kind": f"upper({export.column('statement_type')})",
        "job": f"upper({export.column('job_type')})",
        "failed": _failed(export.column("error_result")),
        "currency": export.column("currency"),
        **{name: f"number({text})" for name, text in numbers.items()},
    }
    bad = [not_a_time("creation_time", at), not_a_list("referenced_tables", reads)]
    bad += [
        not_a_number(name, text, name) for name, text in numbers.items() if name in export.columns
    ]
    logs.raw(export, columns, bad)
    logs.one_currency(export, "currency")
    logs.naive(export, "creation_time")
    logs.lists("reads", "writes")
    # BigQuery leaves the tables of a cached answer out of its log.
    blind = logs.con.execute(
        "select count(*), min(nr) from raw where cached and coalesce(reads, '') in ('', '[]')"
    ).fetchall()[0]
    if blind[0]:
        logs.notes.append(
            f"{export.name} row {blind[1]}: {plural(blind[0], 'cached answer')} without the tables "
            "that were read: whose use that is cannot be seen."
        )
    billed = _billed(logs, export)
    job = "id" if "job_id" in export.columns else "''"
    # A script's own row repeats what its statements cost and read.
    logs.con.execute(
        f"insert into jobs select {text_of(export.name)}, nr, {job}, seen, "
        f"account, coalesce(r.tables, []), coalesce(w.tables, []), coalesce(w.tables[1], ''), "
        f"{billed}, cached, failed from raw left join meant r on r.said = reads "
        "left join meant w on w.said = writes where kind is distinct from 'SCRIPT'"
    )


def _failed(error: str) -> str:
    """Whether error_result says something: a record, its reason alone, or a record of nothing."""
    text = f"trim({error})"
    inside = f"concat({', '.join(_error_part(text, name) for name in ('reason', 'message'))})"
    return (
        f"case when coalesce({text}, '') in ('', 'null', 'NULL') then false "
        f"when {text} like '{{%' and json_valid({text}) then {inside} <> '' else true end"
    )


def _error_part(text: str, name: str) -> str:
    return f"json_extract_string({text}, '$.{name}')"


def _billed(logs: Logs, export: Export) -> str:
    """What a job costs in millionths of a cent, in SQL: as stated, or by what is billed."""
    column, micro = _priced(logs, export)
    if column:
        # Loading, copying and answers from the cache are free; a query without its bytes is not.
        logs.blank(export, column, "not failed and not coalesce(cached, false) and kind is "
            "distinct from 'SCRIPT' and coalesce(job, '') in ('', 'QUERY')")  # fmt: skip
    return micro


def _priced(logs: Logs, export: Export) -> tuple[str, str]:
    """The column that costs are worked out from, and the expression; "" where there is none."""
    for name, cents in (("cost_cents", 1), ("cost", 100)):
        if name in export.columns:
            return name, f"round({name} * {cents * MILLION})::hugeint"
    if "total_slot_ms" in export.columns and "slot_hour" in logs.prices:
        hour = logs.prices["slot_hour"]
        return "total_slot_ms", f"round(total_slot_ms / 3600000 * {hour * MILLION})::hugeint"
    price = None
    if "total_bytes_billed" not in export.columns:
        logs.notes.append(f"{export.name}: has no cost and no total_bytes_billed: costs unknown.")
    else:
        price = logs.price("tib", export.name)
    if price is None:
        return "", "null::hugeint"
    column = "total_bytes_billed"
    return column, f"round({column} / {2**40} * {price * MILLION})::hugeint"
