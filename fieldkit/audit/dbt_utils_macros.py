"""What is known of the package dbt_utils: macros that are used most, or would ask the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fieldkit.audit.macros import Unrendered

SOURCE = "_dbt_source_relation"


def utils_macros(kind: str) -> dict[str, Callable[..., str]]:
    """Those that need no database and are used most; `kind`: the type of text."""

    def surrogate_key(field_list: Any, *more: Any) -> str:
        fields = [field_list, *more] if isinstance(field_list, str) else field_list
        parts = (f"coalesce(cast({field} as {kind}), '')" for field in fields)
        return f"md5({' || '.join(parts)})"

    return {
        "generate_surrogate_key": surrogate_key,
        "surrogate_key": surrogate_key,
        "group_by": lambda n: "group by " + ", ".join(str(i + 1) for i in range(int(n))),
        "safe_add": lambda *fields: _safe(fields, "+"),
        "safe_subtract": lambda *fields: _safe(fields, "-"),
        "safe_divide": lambda one, other: f"({one}) / nullif(({other}), 0)",
    }


def _safe(fields: Sequence[Any], sign: str) -> str:
    listed = fields[0] if len(fields) == 1 and not isinstance(fields[0], str) else fields
    return f" {sign} ".join(f"coalesce({field}, 0)" for field in listed)


def asking_macros(dialect: str) -> dict[str, Callable[..., str]]:
    """Those that ask the database for columns or a count: the same rows without its answer."""
    but = "except" if dialect in ("bigquery", "databricks", "spark") else "exclude"

    def starred(left_out: Sequence[Any], alias: Any = "") -> str:
        named = f" {but} ({', '.join(map(str, left_out))})" if left_out else ""
        return (f"{alias}.*" if alias else "*") + named

    def star(*given: Any, relation_alias: Any = "", prefix: str = "", suffix: str = "",
             **told: Any) -> str:  # fmt: skip
        if prefix or suffix:
            raise Unrendered("dbt_utils.star asks the database for names, which only dbt can")
        names = {"relation_alias": relation_alias} | told
        names |= dict(zip(("from", "relation_alias", "except"), given, strict=False))
        return starred(names.get("except") or (), names["relation_alias"])

    def union_relations(
        relations: Any, column_override: Any = None, include: Any = (), exclude: Any = (),
        source_column_name: Any = SOURCE, where: Any = None,
    ) -> str:  # fmt: skip
        columns = ", ".join(map(str, include)) if include else starred(exclude)
        keeps = f" where {where}" if where else ""
        selects = []
        for one in relations:
            name = f"'{one}' as {source_column_name}, " if source_column_name else ""
            selects.append(f"(select {name}{columns} from {one}{keeps})")
        return " union all ".join(selects)

    def date_spine(datepart: Any, start_date: Any, end_date: Any) -> str:
        # How many rows there are is not known; that the last one may be today decides nothing.
        first = f"select cast({start_date} as timestamp) as date_{datepart}"
        return f"{first} union all {first}"

    return {"star": star, "union_relations": union_relations, "date_spine": date_spine}
