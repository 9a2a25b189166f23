"""What became of each expectation, in a table small enough to read."""

from __future__ import annotations

from typing import Any

from workbook import render

SHOWN = 6  # row numbers in a cell


def expected(seen: Any) -> render.Shown:
    """One line for each expectation of a Great Expectations validation result."""
    lines = [_line(result) for result in seen.results]
    return render.rows(sorted(lines, key=lambda line: (line["column"] or "", line["expectation"])))


def _line(result: Any) -> dict[str, Any]:
    config = result.expectation_config
    return {
        "expectation": config.type.removeprefix("expect_").removeprefix("column_values_to_"),
        "column": config.kwargs.get("column"),
        "severity": str(getattr(config.severity, "value", config.severity)),
        "holds": "yes" if result.success else "no",
        "rows": _rows(result),
    }


def _rows(result: Any) -> str | None:
    """Numbers of the rows that fail, or why nobody could look at them."""
    if _raised(result.exception_info):
        return "an error inside"
    numbers = (result.result or {}).get("unexpected_index_list") or []
    told = ", ".join(str(n) for n in numbers[:SHOWN])
    return (told + ", …" if len(numbers) > SHOWN else told) or None


def _raised(info: Any) -> bool:
    """Whether an expectation met an exception, which validation keeps to itself."""
    told = [info, *info.values()] if isinstance(info, dict) else []
    return any(isinstance(item, dict) and item.get("raised_exception") for item in told)
