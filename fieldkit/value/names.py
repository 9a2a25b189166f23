"""Names of tables: one spelling for all exports, and which known table a short name means."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHARD = re.compile(r"_(?:19|20)\d{6}$")
DECORATOR = re.compile(r"\$[^.]*$")
QUOTES = re.compile(r"[\"'`\[\]]")


def clean(name: str) -> str:
    """A table's name in lower case without quotes, partition decorator and day of a shard.

    `p:d.t$20260101` is `p.d.t`, and the daily tables `d.t_20260101` are one, `d.t_*`.
    """
    bare = QUOTES.sub("", name.strip()).replace(":", ".").lower()
    return SHARD.sub("_*", DECORATOR.sub("", bare))


# The same in SQL, where a log has a million of them; a test compares the two.
CLEAN = r"""
create or replace macro cleaned(name) as regexp_replace(regexp_replace(lower(replace(
    regexp_replace(trim(name), '["''`\[\]]', '', 'g'), ':', '.')), '\$[^.]*$', ''),
    '_(19|20)[0-9]{6}$', '_*')
"""
# The catalogue and the places where BigQuery keeps the results of plain queries are no tables.
REAL = r"""
create or replace macro is_table(name) as name <> '' and not regexp_matches(name,
    '(^|\.)information_schema(\.|$)|(^|\.)_[^.]*\.[^.]*$|^(snowflake|system)\.[^.]*\.')
"""


class Names:
    """The known tables; a name from elsewhere is matched by its dotted end."""

    def __init__(self, known: Iterable[str]) -> None:
        self.known = set(known)
        self.ends: dict[str, list[str]] = {}
        for name in sorted(self.known):
            parts = name.split(".")
            for at in range(1, len(parts)):
                self.ends.setdefault(".".join(parts[at:]), []).append(name)

    def find(self, name: str) -> list[str]:
        """The known tables that a name means: itself, those that end in it, or that it ends in.

        Several where the name is ambiguous; itself where nothing is known of it.
        """
        name = clean(name)
        if name in self.known:
            return [name]
        if name in self.ends:
            return self.ends[name]
        parts = name.split(".")
        # Not the last part alone: a.orders and b.orders are two tables.
        for at in range(1, len(parts) - 1):
            if (short := ".".join(parts[at:])) in self.known:
                return [short]
        return [name]
