"""Names of tables: one spelling for all exports, and which known table a short name means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

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

        Several where the name is ambiguous; itself where nothing is known of it. `d.t` means the
        daily tables `d.t_*` where no table has its name.
        """
        name = clean(name)
        return self._known(name) or self._known(f"{name}_*") or [name]

    def nearest(self, name: str) -> str:
        """The known table whose name, or its end, is spelt most like this one; "" for none."""
        name = clean(name)
        near = get_close_matches(name, sorted(self.known | set(self.ends)), 1, 0.75)
        return self._known(near[0])[0] if near else ""

    def _known(self, name: str) -> list[str]:
        if name in self.known:
            return [name]
        if name in self.ends:
            return self.ends[name]
        parts = name.split(".")
        # Not the last part alone: a.orders and b.orders are two tables.
        ends = (".".join(parts[at:]) for at in range(1, len(parts) - 1))
        return [short for short in ends if short in self.known][:1]
