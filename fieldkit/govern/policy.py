"""The policy language: classes and roles, and what a role sees of a table, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.govern.documents import Place, parsed, read_text, shown

RULES = ("clear", "partial", "hmac", "year", "redact")  # clearest first
EVERY = "*"
NOTHING = "false"  # the condition that no row meets


@dataclass(frozen=True)
class Role:
    """What a role may see. `rows`: the SQL condition of a table's rows; `show`: the rule of a tag.

    Names of tables are folded to lower case, as SQL does; `*` stands for every table or tag.
    """

    rows: Mapping[str, str] = field(default_factory=dict)
    show: Mapping[str, str] = field(default_factory=dict)

    def condition(self, table: str) -> str:
        """The condition for a row of this table to be seen: `false` for a table not named."""
        return self.rows.get(folded(table)) or self.rows.get(EVERY) or NOTHING

    def rule(self, tag: str | None) -> str | None:
        """The rule for columns of a tag; None: the role does not see them."""
        return None if tag is None else self.show.get(tag) or self.show.get(EVERY)


@dataclass(frozen=True)
class Shown:
    """A column is shown by this rule in rows that meet this SQL condition."""

    condition: str
    rule: str


@dataclass(frozen=True)
class View:
    """What somebody sees of a table. `rows`: SQL condition of the rows that are seen at all.

    `columns`: for each column that is seen, the ways in which it is, the clearest first: the first
    whose condition a row meets counts; where none is met, the cell is hidden (NULL).
    """

    table: str
    rows: str = NOTHING
    columns: Mapping[str, tuple[Shown, ...]] = field(default_factory=dict)

    def query(self, relation: str, mask: Callable[[str, str], str]) -> str:
        """A SELECT that gives the view. `relation`: the table in SQL; `mask(rule, column)`: the
        masked value of a quoted column in SQL. Raises CannotRun where no column is seen.
        """
        if not self.columns:
            raise CannotRun(f"{self.table}: nothing of it is seen, so there is no query for it")
        columns = ", ".join(self._cell(name, ways, mask) for name, ways in self.columns.items())
        return f"select {columns} from {relation} where {self.rows}"

    def _cell(self, name: str, ways: Sequence[Shown], mask: Callable[[str, str], str]) -> str:
        column = '"' + name.replace('"', '""') + '"'
        whole = [way for way in ways if way.condition == self.rows]
        if whole and whole[0] is ways[0]:
            return f"{mask(ways[0].rule, column)} as {column}"
        cases = " ".join(f"when {way.condition} then {mask(way.rule, column)}" for way in ways)
        return f"case {cases} end as {column}"


@dataclass(frozen=True)
class Policy:
    """`classes`: `table.column` (lower case, `*` for all of them) -> tag; `roles` by name."""

    classes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)

    def tag(self, table: str, column: str) -> str | None:
        """The tag of a column; None: unclassified. The exact name counts before any with `*`."""
        table, column = folded(table), folded(column)
        names = (f"{table}.{column}", f"{table}.*", f"*.{column}", EVERY, "*.*")
        return next((self.classes[name] for name in names if name in self.classes), None)

    def role(self, name: str) -> Role:
        """A role; raises CannotRun for one that the policy does not have."""
        if name not in self.roles:
            known = ", ".join(self.roles) or "none"
            raise CannotRun(f"policy: there is no role {shown(name)}; there are: {known}")
        return self.roles[name]

    def rule(self, roles: str | Iterable[str], table: str, column: str) -> str | None:
        """The clearest rule by which these roles see a column in any row; None: in none."""
        ways = self.view(roles, table, [column]).columns.get(column, ())
        return ways[0].rule if ways else None

    def view(self, roles: str | Iterable[str], table: str, columns: Iterable[str]) -> View:
        """What somebody with these roles sees of a table with these columns.

        A cell is shown if one role shows both its row and its column; it is shown by the clearest
        rule of the roles that do. Raises CannotRun for an unknown role.
        """
        held = [self.role(name) for name in ([roles] if isinstance(roles, str) else roles)]
        seen = {name: self._ways(held, table, self.tag(table, name)) for name in columns}
        seen = {name: ways for name, ways in seen.items() if ways}
        conditions = dict.fromkeys(way.condition for ways in seen.values() for way in ways)
        return View(table, _either(list(conditions)), seen)

    def _ways(self, roles: Sequence[Role], table: str, tag: str | None) -> tuple[Shown, ...]:
        found: dict[str, list[str]] = {}
        for role in roles:
            rule, condition = role.rule(tag), role.condition(table)
            if rule and condition != NOTHING and condition not in found.get(rule, ()):
                found.setdefault(rule, []).append(condition)
        return tuple(Shown(_either(found[rule]), rule) for rule in RULES if rule in found)


def folded(name: str) -> str:
    """A name of a table or column as SQL compares it."""
    return name.strip().lower()


def _either(conditions: Sequence[str]) -> str:
    if len(conditions) < 2:
        return conditions[0] if conditions else NOTHING
    return "(" + " or ".join(conditions) + ")"


def read(path: Path) -> Policy:
    """The policy in a file; raises CannotRun, with the place in it, for what cannot be meant."""
    where = f"--policy {path}"
    return parse(read_text(path, where), where)


def parse(text: str, where: str = "policy") -> Policy:
    """The policy in a YAML text; raises CannotRun that begins with `where`."""
    known = _parsed(text, where)  # to whom it is given may change it
    roles = {name: Role(dict(role.rows), dict(role.show)) for name, role in known.roles.items()}
    return Policy(dict(known.classes), roles)


@lru_cache(maxsize=16)
def _parsed(text: str, where: str) -> Policy:
    """The same; who writes a file for each role reads one policy as often."""
    place = Place(where)
    parts = place.mapping(parsed(text, where) or {}, ("classes", "roles"))
    if missing := [name for name in ("classes", "roles") if not parts.get(name)]:
        raise place.refused(f"says nothing of {missing[0]}; write both, classes and roles")
    classes = _classes(parts["classes"], place.at("classes"))
    roles = place.at("roles").mapping(parts["roles"])
    tags = set(classes.values())
    return Policy(
        classes,
        {name: _role(one, tags, place.at("roles").at(name)) for name, one in roles.items()},
    )


def _classes(found: Any, place: Place) -> dict[str, str]:
    classes: dict[str, str] = {}
    for name, tag in place.mapping(found).items():
        if name != EVERY and not all(part.strip() for part in (name.partition(".")[::2])):
            raise place.refused(f'{shown(name)}: write table.column, table.* or "*"')
        if folded(name) in classes:
            raise place.refused(f"{shown(name)} is there twice (case does not count)")
        classes[folded(name)] = place.at(name).text(tag)
    return classes


def _role(found: Any, tags: set[str], place: Place) -> Role:
    parts = place.mapping(found or {}, ("rows", "show"))
    rows = place.at("rows").mapping(parts.get("rows") or {})
    show = place.at("show").mapping(parts.get("show") or {})
    for tag, rule in show.items():
        if tag not in tags | {EVERY}:
            raise place.at("show").refused(
                f"{shown(tag)} is the tag of no class; there are: {', '.join(sorted(tags))}"
            )
        if rule not in RULES:
            raise (
                place.at("show")
                .at(tag)
                .refused(
                    f"there is no rule {shown(rule)}; there are: {', '.join(RULES)} (what is not "
                    "named is hidden)"
                )
            )
    conditions = {
        folded(table): condition(text, place.at("rows").at(table)) for table, text in rows.items()
    }
    if len(conditions) < len(rows):
        raise place.at("rows").refused("a table is there twice (case does not count)")
    return Role(conditions, show)


def condition(found: Any, place: Place) -> str:
    """A SQL condition, parsed and written anew, so that it cannot end early and join what follows.

    `true` means every row. Raises CannotRun for what is not one condition.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text, tree = place.text(found), None
    with suppress(SqlglotError, RecursionError):
        tree = exp.condition(text, dialect="duckdb", copy=False)
    # Two statements parse as a block, which is an expression as well, but not a condition.
    if not isinstance(tree, exp.Condition) or isinstance(tree, exp.Literal):
        raise place.refused(
            f"{shown(text)} is not a SQL condition; write one, or true for every row"
        )
    return _bracketed(tree.sql("duckdb", comments=False))


def _bracketed(text: str) -> str:
    return text.lower() if text.lower() in ("true", NOTHING) else f"({text})"
