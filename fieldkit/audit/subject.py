"""What a rule is, and what it looks at: a model's tree with its configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from fieldkit.audit.found import Finding
from fieldkit.audit.tree import Tree

NEEDS_PARTITIONS = "--catalog with partition columns"
NEEDS_GRAIN = "--catalog with grains"


@dataclass(frozen=True)
class Subject:
    """What a rule looks at: the tree of a later night and of the first, and the model's config."""

    tree: Tree
    config: Mapping[str, Any] = field(default_factory=dict)
    same_each_night: bool = False

    @property
    def incremental(self) -> bool:
        """Whether a night adds to a table; in microbatch dbt itself restricts each batch."""
        return self.config.get("materialized") == "incremental" and not self.microbatch

    @property
    def microbatch(self) -> bool:
        """Whether dbt writes the filter of each batch."""
        return self.config.get("incremental_strategy") == "microbatch"

    @property
    def built_once(self) -> bool:
        """Whether a tag of the model says that it is not built each night."""
        tags = self.config.get("tags") or ()
        given = [tags] if isinstance(tags, str) else list(tags)
        return bool({"static", "one-off", "one_off"} & {str(tag).lower() for tag in given})

    @property
    def only_passes_on(self) -> bool:
        """A view that picks rows and columns, each once at most: what it costs is decided by those
        who read it, unless a window keeps their filter out.
        """
        if self.config.get("materialized") not in ("view", "ephemeral"):
            return False
        selects = [scope.expression for scope in self.tree.scopes]
        return not any(
            select.args.get("group")
            or select.args.get("having")
            or any(not f.find_ancestor(exp.Window) for f in select.find_all(exp.AggFunc))
            for select in selects
        )

    @property
    def windows(self) -> list[exp.Window]:
        """Its window functions."""
        return [w for s in self.tree.scopes for w in s.expression.find_all(exp.Window)]

    @property
    def unique_key(self) -> set[str]:
        """The columns by which the model says that its rows are unique."""
        keys = self.config.get("unique_key") or ()
        return {str(key).lower() for key in ([keys] if isinstance(keys, str) else list(keys))}


@dataclass(frozen=True)
class Rule:
    """`says`: the defect in a sentence; `instead`: what to do; `needs`: what decides it, or ""."""

    id: str
    says: str
    instead: str
    find: Callable[[Subject], Iterable[Finding]]
    needs: str = ""
    topic: str = "cost"
    note: bool = False
