"""The masks of Northlight's own warehouse, as SQL functions in DuckDB."""

from __future__ import annotations

import hashlib
import hmac

import duckdb

KEY = b"northlight-warehouse-key-2026-01"
STARS = "***"


def partial(text: str) -> str:
    """The domain of a mail address, else the last two characters; of three or fewer none."""
    if len(text) <= 3:
        return STARS
    return STARS + (text[text.rindex("@") :] if "@" in text else text[-2:])


def token(text: str) -> str:
    """The text's token under the warehouse's key."""
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:20]


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Let the connection know both functions."""
    for function in (partial, token):
        name = f"northlight_{function.__name__}"
        con.create_function(name, function, ["VARCHAR"], "VARCHAR")


def mask(rule: str, column: str) -> str:
    """A quoted column masked by a rule, in SQL; what it gives is text."""
    return {
        "clear": f"{column}::varchar",
        "partial": f"northlight_partial({column}::varchar)",
        "hmac": f"northlight_token({column}::varchar)",
        "year": f"year({column}::date)::varchar",
        "redact": f"'{STARS}'",
    }[rule]
