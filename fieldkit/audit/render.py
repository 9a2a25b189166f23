"""A dbt model's Jinja, rendered without dbt: ref, source, this, var, config, is_incremental."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from fieldkit.audit.dbt_names import (
    ANOTHER,
    FILTERS,
    MOMENT,
    Namespace,
    Relation,
    names_of_dbt,
)
from fieldkit.audit.macros import NONE, Callables, Surroundings, Unrendered
from fieldkit.audit.places import AS_THEY_ARE, Places, marked, without_marks

__all__ = ["ANOTHER", "AS_OF", "Names", "Rendered", "Unrendered", "rendered"]
AS_OF = "2000-01-31"  # what a variable without a value is read as: most of them are dates


@dataclass(frozen=True)
class Rendered:
    """The SQL, the model's config, the names that ref and source were called with, and the lines
    of the file that the SQL comes from. `missing`: what of it nobody defined, so that dbt writes
    nothing there.
    """

    sql: str
    config: Mapping[str, Any] = field(default_factory=dict)
    refs: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    places: Places = AS_THEY_ARE
    missing: str = ""


@dataclass(frozen=True)
class Names:
    """How relations are written. An alias has to stay the model's own name: `m.*` reads it."""

    ref: Callable[[str], str] = lambda name: f"dbt_ref.{name}"
    source: Callable[[str, str], str] = lambda source, table: f"{source}.{table}"
    this: str = "dbt_this.this_model"


_PLAIN = re.compile(r"[A-Za-z_]\w*")


def _names(dialect: str) -> Names:
    """Names as they are, in quotes where SQL would not read them: `3pool`, `raw-data`."""
    mark = "`" if dialect in ("bigquery", "databricks", "spark") else '"'

    def quoted(name: str) -> str:
        return name if _PLAIN.fullmatch(name) else mark + name.replace(mark, "") + mark

    return Names(
        lambda name: f"dbt_ref.{quoted(name)}",
        lambda source, table: f"{quoted(source)}.{quoted(table)}",
    )


def rendered(
    text: str,
    *,
    incremental: bool = False,
    variables: Mapping[str, Any] | None = None,
    names: Names | None = None,
    strict: bool = False,
    surroundings: Surroundings = NONE,
    dialect: str = "duckdb",
    moment: dt.datetime = MOMENT,
) -> Rendered:
    """Render a model, with the macros and variables of its project; raises Unrendered.

    A variable without a value or default is read as a date, unless `strict`. A name that nobody
    defined is an error outside of a dbt project; inside it is nothing, as dbt writes it. `moment`:
    when the run starts.
    """
    known = {**surroundings.variables, **(variables or {})}

    def once(as_dbt: bool) -> Rendered:
        calls = _Calls(names or _names(dialect), known, strict)
        macros = Callables(surroundings, lambda macro: _template(macro, as_dbt))
        own = calls.space() | {"is_incremental": lambda: incremental}
        space = macros.fill(names_of_dbt(macros, dialect, surroundings.macros, moment) | own)
        sql, places = without_marks(_made(text, space, as_dbt))
        return Rendered(sql, calls.config, tuple(calls.refs), tuple(calls.sources), places)

    try:
        return once(as_dbt=False)
    except Undefined as error:
        if strict or not surroundings.project:
            raise
        return replace(once(as_dbt=True), missing=str(error))


def _made(text: str, space: Mapping[str, Any], as_dbt: bool) -> str:
    from jinja2 import UndefinedError

    try:
        made: str = _template(text, as_dbt, lines=True).render(space)
    except Unrendered:
        raise
    except UndefinedError as error:
        raise Undefined(_why(error)) from None
    except RecursionError:
        raise Unrendered("Jinja that never ends") from None
    except Exception as error:  # Jinja runs whatever the text says: any error is the text's own
        raise Unrendered(_why(error)) from None
    return made


class Undefined(Unrendered):
    """A name that nobody defined."""


def _why(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    where = f"line {line}: " if line else ""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    if first.startswith("Encountered unknown tag"):
        return f"{where}holds a {{% {first.split(chr(39))[1]} %}} block, which is not a model's"
    if "is undefined" in first:
        name = first.split("'")[1] if "'" in first else first
        return f"{where}the macro or variable {name} is not known without dbt"
    return f"{where}Jinja: {first}"


@lru_cache(maxsize=5_000)  # a macro is called by many models
def _template(text: str, as_dbt: bool, lines: bool = False) -> Any:
    environment = _environment(as_dbt)
    return environment.from_string(marked(environment.parse(text)) if lines else text)


@cache
def _environment(as_dbt: bool) -> Any:
    from jinja2 import ChainableUndefined, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # How Jinja says that a name was looked up in the model's space, and not in a value.
    Missing = type(StrictUndefined()._undefined_obj)

    class Strict(StrictUndefined):
        """A name that nobody defined is an error; a part that a value lacks is false, as in dbt."""

        def __bool__(self) -> bool:  # type: ignore[override]
            looked_up = isinstance(self._undefined_obj, Missing)
            return super().__bool__() if looked_up or self._undefined_hint else False

    class Environment(SandboxedEnvironment):
        """The sandbox; a package's macro may begin with an underscore, as dbt_utils' own do."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            macro = isinstance(obj, Namespace) and not attr.startswith("__")
            return macro or super().is_safe_attribute(obj, attr, value)

    environment = Environment(
        undefined=ChainableUndefined if as_dbt else Strict,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
    )
    environment.filters |= FILTERS
    return environment


class _Calls:
    """What a model's Jinja may call, and what it called."""

    def __init__(self, names: Names, variables: Mapping[str, Any], strict: bool) -> None:
        self._names, self._variables, self._strict = names, variables, strict
        self.config: dict[str, Any] = {}
        self.refs: list[str] = []
        self.sources: list[tuple[str, str]] = []

    def space(self) -> dict[str, Any]:
        """The names that a model's Jinja knows."""
        return {
            "ref": self._ref,
            "source": self._source,
            "var": self._var,
            "config": self._configured,
            "this": Relation(self._names.this),
            "env_var": self._env_var,
        }

    def _ref(self, *parts: Any, **_: Any) -> Relation:
        if not parts:
            raise Unrendered("ref() names no model")
        self.refs.append(str(parts[-1]))
        return Relation(self._names.ref(str(parts[-1])))

    def _source(self, source: Any = None, table: Any = None, **_: Any) -> Relation:
        if source is None or table is None:
            raise Unrendered("source() needs two names: of the source, and of its table")
        self.sources.append((str(source), str(table)))
        return Relation(self._names.source(str(source), str(table)))

    def _var(self, name: Any = None, default: Any = None) -> Any:
        if name in self._variables:
            return deepcopy(self._variables[name])  # a model may change what it was given
        if default is None and self._strict:
            known = ", ".join(sorted(self._variables))
            raise Unrendered(f"var({str(name)!r}) has no value here; there is: {known}")
        return AS_OF if default is None else default

    def _env_var(self, name: Any = None, default: Any = None) -> str:
        if self._strict:
            raise Unrendered(f"env_var({str(name)!r}): nothing is read from the environment here")
        return str(name if default is None else default)

    def _configured(self, given: Any = None, **told: Any) -> str:
        self.config |= given if isinstance(given, dict) else {}
        self.config |= told
        return ""
