"""Warns of rows that a join has multiplied, and of a column that multiplies them where it joins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fieldkit.guard.days import Past
from fieldkit.guard.policy import GuardPolicy, TablePolicy
from fieldkit.guard.profiles import Profile


def join_warnings(
    tables: Mapping[str, Profile], past: Sequence[Past], policy: GuardPolicy
) -> Iterator[str]:
    """A sentence for each table with such rows, or with such a column; one for a table."""
    for name, one in tables.items():
        own = policy.tables.get(name, TablePolicy())
        if one.twice:
            yield (
                f"{name}: {one.twice:,} of {one.batch:,} new rows are there more than once, which "
                "no row of before was: does a join multiply them? A `key` in the policy holds that "
                "back"
            )
        elif not one.values.get("duplicates") and "copies" not in one.values:  # told by these
            yield from _no_longer_unique(name, one, past, own.key, policy.learn)


def _no_longer_unique(
    name: str, now: Profile, past: Sequence[Past], key: Sequence[str], learn: int
) -> Iterator[str]:
    known = [run.tables[name] for run in past if name in run.tables]
    for column, repeated in now.broken.items():
        # From runs before this was looked at, or of few rows, nothing is known.
        if sum(column in one.unique for one in known[-learn:]) < learn:
            continue
        instead = f" (now {', '.join(key)})" if key else ""
        yield (
            f"{name}: {column} was unique in the last {learn} runs, and now {repeated}: a join on "
            f"it multiplies rows. `key: {column}`{instead} in the policy holds that back"
        )
        return
