"""The release gate: a policy against what is in a database, column by column, and access paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.govern import paths as access_paths
from fieldkit.govern import policy as policies
from fieldkit.govern import rows
from fieldkit.govern.found import Gated, Hit, Refusal, Scanned
from fieldkit.govern.names import entity_of
from fieldkit.govern.policy import Policy, folded
from fieldkit.govern.run import Settings, scan
from fieldkit.govern.spans import PERSONAL
from fieldkit.report.words import plural

UNCLASSIFIED, UNMASKED = "Unclassified columns", "Unmasked columns"
FORBIDDEN = "Columns that the role may not have"
TEXT = "text"
HOME = 0.5  # of a column's cells hold it: the column is where this kind of data lives
Column = tuple[str, str]


@dataclass(frozen=True)
class Columns:
    """The columns of a database, and the personal data that was found in each by content."""

    names: Sequence[Column]
    hits: dict[Column, list[Hit]]
    several: bool = False  # files, so that a refusal says of which it speaks

    @classmethod
    def of(cls, found: Scanned) -> Columns:
        """From a scan; a file without a table is one by its own name, a text has one column."""
        hits: dict[Column, list[Hit]] = {}
        for one in found.hits:
            if one.entity in PERSONAL and not one.by_name:
                table = one.table or Path(one.source).name.partition(".")[0]
                # A key within a column of JSON is classified with its column.
                whole = one.column.partition("[")[0]
                name = whole if (table, whole) in found.columns else whole.partition(".")[0]
                hits.setdefault((table, name or TEXT), []).append(one)
        several = len({source for source, _ in found.tables}) > 1
        return cls(list(dict.fromkeys([*found.columns, *hits])), hits, several)

    def homes(self, entity: str) -> list[Column]:
        """The columns that consist of this entity: `customers.email` of mail."""
        return [
            column
            for column, hits in self.hits.items()
            if any(one.entity == entity and one.count >= HOME * max(one.of, 1) for one in hits)
        ]

    def named(self, policy: Policy, entity: str) -> list[Column]:
        """The columns of the database and of the policy that are named like this entity.

        What a role can open has the column masked, so that its content no longer says what it is.
        """
        exact = (one.rpartition(".")[::2] for one in policy.classes if "*" not in one)
        both = dict.fromkeys([*self.names, *exact])
        return [one for one in both if entity_of(one[1]) == entity]

    def holds(self, hits: Sequence[Hit]) -> str:
        """What was found in a column, in words."""
        from fieldkit.govern.story import WORDS

        told = (
            f"{WORDS[one.entity]} in {plural(one.count, 'cell')}"
            + (f" of {one.source}" if self.several else "")
            for one in hits
        )
        return f"holds {', '.join(told)}" if hits else ""


def gate(
    policy: Path, database: Path | None, paths: Path | None = None, role: str = "",
    ignore: Sequence[str] = (),
) -> Gated:  # fmt: skip
    """Judge a database, access paths or both by a policy; raises CannotRun where that cannot be.

    `role`: the database is what this role can open, and must hold no more than it may see;
    `ignore`: patterns of files in a folder that are no part of it.
    """
    if not database and not paths:
        raise CannotRun("nothing to judge: name a database, or --paths paths.yml")
    read = policies.read(policy)
    found = Gated(str(policy), str(database or ""), str(paths or ""), role)
    if role:
        read.role(role)
    if database:
        _database(read, database, found, ignore)
    if paths:
        access_paths.judge(paths, policy, read, found)
    return found


def _database(policy: Policy, database: Path, found: Gated, ignore: Sequence[str]) -> None:
    role, scanned = found.role, scan(database, Settings(ignore=tuple(ignore)))
    if scanned.unread:
        name, why = next(iter(scanned.unread.items()))
        raise CannotRun(
            f"{name}: {why}; what cannot be read cannot be judged (--ignore NAME leaves it out)"
        )
    columns = Columns.of(scanned)
    found.checked += [("column", ".".join(one)) for one in columns.names]
    if not columns.names:
        raise CannotRun(f"{database}: holds no table, so there is nothing to judge")
    judged = _of_role(policy, columns, role) if role else _of_base(policy, columns)
    found.refusals += judged
    if role:
        rows.judge(policy, database, columns.names, found, ignore)
    else:
        found.warnings += rows.warnings(policy, columns.names)
    there = {".".join(map(folded, one)) for one in columns.names}
    gone = [one for one in policy.classes if "*" not in one and one not in there]
    if gone and not role:
        found.warnings.append(f"classes of no column that there is: {', '.join(gone[:5])}")


def _of_base(policy: Policy, columns: Columns) -> Iterator[Refusal]:
    for table, column in columns.names:
        hits = columns.hits.get((table, column), [])
        where = f"{table}.{column}"
        if policy.tag(table, column) is None:
            yield Refusal(
                UNCLASSIFIED, where, columns.holds(hits) or "no class names it",
                "Name it in the policy's classes; until then no role sees it.",
            )  # fmt: skip
        elif hits and f"{folded(table)}.{folded(column)}" not in policy.classes:
            yield Refusal(
                UNCLASSIFIED, where, f"{columns.holds(hits)}, and only a class with * covers it",
                "Name it by itself: a class with * lets in what nobody has looked at.",
            )  # fmt: skip
        for one in hits:
            yield from _clear(policy, columns, (table, column), one, list(policy.roles))


def _clear(
    policy: Policy, columns: Columns, at: Column, one: Hit, roles: Iterable[str]
) -> Iterator[Refusal]:
    """What a role sees clear here, and only masked, or not at all, where it lives."""
    clear = [role for role in policy.roles if policy.rule(role, *at) == "clear"]
    where, do = ".".join(at), "Give its tag a rule that masks, or the column another tag."
    homes, named = columns.homes(one.entity), columns.named(policy, one.entity)
    if at not in named:  # a text of which each cell holds one is not where it lives
        homes = list(dict.fromkeys([*homes, *named]))
    for role in [name for name in clear if name in roles]:
        for home in homes:
            rule = policy.rule(role, *home) or "hidden"
            if home != at and rule != "clear" and policy.tag(*home):
                what = (
                    f"{columns.holds([one])}, clear to {role}, but {'.'.join(home)} is {rule} to it"
                )
                yield Refusal(UNMASKED, where, what, do)
                return
    if clear and len(clear) == len(policy.roles) > 1:
        yield Refusal(UNMASKED, where, f"{columns.holds([one])}, clear to every role", do)


def _of_role(policy: Policy, columns: Columns, role: str) -> Iterator[Refusal]:
    for table, column in columns.names:
        rule, where = policy.rule(role, table, column), f"{table}.{column}"
        hits = columns.hits.get((table, column), [])
        if rule is None:
            what = f"{role} does not see it by the policy"
            do = f"Leave it out of what {role} can open, or permit it in the policy."
            yield Refusal(FORBIDDEN, where, what, do)
        elif rule == "clear":
            for one in hits:
                yield from _clear(policy, columns, (table, column), one, [role])
        elif hits:
            what = f"is to be shown by the rule {rule}, but {columns.holds(hits)}"
            do = "Mask it where the table is built, not where the result leaves."
            yield Refusal(UNMASKED, where, what, do)
