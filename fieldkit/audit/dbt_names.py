"""What dbt itself gives to a model's Jinja: relations, filters, macros for every database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from fieldkit.audit.dbt_utils_macros import asking_macros, utils_macros
from fieldkit.audit.macros import Callables, Returned, Unrendered


class Relation(str):
    """A table as a model writes it; dbt's has parts with names."""

    __slots__ = ()

    @property
    def identifier(self) -> str:
        """The last part."""
        return self.rpartition(".")[2]

    name = table = identifier

    @property
    def schema(self) -> str:
        """What stands before the last part."""
        return self.rpartition(".")[0]

    @property
    def database(self) -> str:
        """Not known without dbt."""
        return ""


class Namespace:
    """Macros under the name of their package; one that is not known is said by its name. `known`:
    what we have of it where it is not installed, `asking`: what we have in place of a macro that
    would ask the database.
    """

    def __init__(
        self,
        name: str,
        macros: Callables,
        known: Mapping[str, Any] = MappingProxyType({}),
        asking: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.__dict__ |= {"_name": name, "_macros": macros, "_known": known, "_asking": asking}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        installed = self._asking.get(name) or self._macros.find(name, self._name)
        found = installed or self._known.get(name)
        if found is None:
            lacks = self._name != "dbt" and not self._macros.installed(self._name)
            deps = " (install the package: run `dbt deps`)" * lacks
            raise Unrendered(f"the macro {self._name}.{name} is not known without dbt{deps}")
        return found


class Asked:
    """What dbt answers from its graph or from the database: any use of it ends the rendering."""

    def __init__(self, name: str, what: str) -> None:
        self.__dict__ |= {"_name": name, "_what": what}

    def _asks(self, *_: Any, **__: Any) -> Any:
        raise Unrendered(f"{self._name} asks {self._what}, which only dbt can")

    __call__ = __getitem__ = __iter__ = __str__ = __bool__ = _asks

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._asks()


class Modules(dict[str, Any]):
    """Python's modules in Jinja, those that need none of the machine."""

    def __missing__(self, name: str) -> Any:
        raise Unrendered(f"Jinja: the module or name {name} is not known without dbt")


DATABASE = ("run_query", "statement", "load_result", "api", "adapter_macro", "store_result")
GRAPH = ("graph", "model", "schemas", "selected_resources", "builtins", "context", "node")


def as_bool(value: Any) -> Any:
    """dbt's filter: text as YAML would read it."""
    words = {"true": True, "false": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


FILTERS: Mapping[str, Callable[[Any], Any]] = {
    "as_bool": as_bool,
    "as_native": as_bool,
    "as_number": lambda value: value,
    "as_text": str,
}
_TYPES = {
    "string": "varchar", "timestamp": "timestamp", "int": "int", "bigint": "bigint",
    "numeric": "numeric", "boolean": "boolean", "float": "float",
}  # fmt: skip
SHADOWING = {"date", "length", "replace", "right", "concat", "cast", "hash", "position", "except"}
_STRING = {"bigquery": "string", "databricks": "string", "spark": "string"}
_PARTS_BARE = ("snowflake", "redshift", "databricks", "spark")  # dateadd(day, 1, x)
_OF_TARGET = ("name", "schema", "database", "dataset", "project", "profile_name", "user", "role",
              "warehouse", "account")  # fmt: skip
MOMENT = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)  # when the run starts, as Jinja sees it
ANOTHER = dt.datetime(2012, 11, 10, 13, 14, 15, tzinfo=dt.UTC)  # has no part in common with it


def dbt_macros(dialect: str) -> dict[str, Callable[..., str]]:
    """The macros that dbt has for every database, written for one."""
    types = _TYPES | {"string": _STRING.get(dialect, "varchar")}
    found: dict[str, Callable[..., str]] = {
        f"type_{name}": _constant(text) for name, text in types.items()
    }
    bare = dialect == "bigquery"
    calls = dialect in _STRING
    return found | {
        "current_timestamp": lambda: "current_timestamp()" if calls else "current_timestamp",
        "date_trunc": lambda part, day: (
            f"date_trunc({day}, {part})" if bare else f"date_trunc('{part}', {day})"
        ),
        "dateadd": _dateadd(dialect),
        "datediff": _datediff(dialect),
        "date": lambda year, month, day: f"date '{int(year):04}-{int(month):02}-{int(day):02}'",
        "last_day": lambda day, part: f"last_day({day})",
        "concat": lambda fields: " || ".join(map(str, fields)),
        "cast": lambda field, kind: f"cast({field} as {kind})",
        "safe_cast": lambda field, kind: f"{'safe_cast' if bare else 'cast'}({field} as {kind})",
        "hash": lambda field: f"md5(cast({field} as {types['string']}))",
        "length": lambda expression: f"length({expression})",
        "position": lambda part, text: f"position({part} in {text})",
        "replace": lambda field, old, new: f"replace({field}, {old}, {new})",
        "right": lambda text, length: f"right({text}, {length})",
        "split_part": lambda text, by, number: f"split_part({text}, {by}, {number})",
        "string_literal": lambda value: f"'{value}'",
        "escape_single_quotes": lambda value: str(value).replace("'", "''"),
        "any_value": lambda expression: f"any_value({expression})",
        "bool_or": lambda expression: f"max(cast({expression} as int)) = 1",
        "listagg": _listagg,
        "except": lambda: "except",
        "intersect": lambda: "intersect",
    }


def _constant(text: str) -> Callable[..., str]:
    return lambda *_: text


def _dateadd(dialect: str) -> Callable[..., str]:
    def dateadd(datepart: Any, interval: Any, from_date_or_timestamp: Any) -> str:
        if dialect in _PARTS_BARE:
            return f"dateadd({datepart}, {interval}, {from_date_or_timestamp})"
        if dialect == "bigquery":
            return f"date_add({from_date_or_timestamp}, interval {interval} {datepart})"
        return f"({from_date_or_timestamp} + ({interval}) * interval '1 {datepart}')"

    return dateadd


def _datediff(dialect: str) -> Callable[..., str]:
    def datediff(first_date: Any, second_date: Any, datepart: Any) -> str:
        if dialect == "bigquery":
            return f"date_diff({second_date}, {first_date}, {datepart})"
        part = datepart if dialect in _PARTS_BARE else f"'{datepart}'"
        return f"datediff({part}, {first_date}, {second_date})"

    return datediff


def _listagg(measure: Any, delimiter_text: Any = "','", *_: Any, **__: Any) -> str:
    return f"string_agg({measure}, {delimiter_text})"


class Adapter:
    """What works of dbt's `adapter` without a database: the choice of a macro by its dialect."""

    def __init__(self, macros: Callables, dialect: str) -> None:
        self._macros, self._dialect = macros, dialect

    def dispatch(
        self, macro_name: str, macro_namespace: Any = None, packages: Any = None, **_: Any
    ) -> Any:
        """The macro for this database, or the one for any."""
        package = str(macro_namespace or next(iter(packages or ()), ""))
        for prefix in (self._dialect, "default"):
            found = self._macros.find(f"{prefix}__{macro_name}", package)
            if found is not None:
                return found
        raise Unrendered(f"the macro {macro_name} is not known without dbt")

    def type(self) -> str:
        """What kind of database it is."""
        return self._dialect

    def quote(self, name: Any) -> str:
        """A name in quotes."""
        return f'"{name}"'

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unrendered(f"adapter.{name} asks the database, which only dbt can")


def _from_json(text: Any, default: Any = None) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return default


def _stopped(message: Any = "", *_: Any) -> str:
    first = next(iter(str(message).strip().splitlines()), "")
    if "expected a Relation" in first:  # how packages refuse a name that is no table of a database
        raise Unrendered("a macro asks the database for columns, which only dbt can")
    raise Unrendered(f"a macro stops: {first[:80]}")


def _returned(value: Any = "") -> Any:
    raise Returned(value)


@cache
def _days(moment: dt.datetime) -> dict[str, Any]:
    """Python's module, whose clock stands still: a text is rendered the same each time."""

    class Moment(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> dt.datetime:  # type: ignore[override]
            return moment.replace(tzinfo=None)

        today = utcnow  # type: ignore[assignment]

    class Day(dt.date):
        @classmethod
        def today(cls) -> dt.date:  # type: ignore[override]
            return moment.date()

    return {"datetime": Moment, "date": Day, "timedelta": dt.timedelta}


def names_of_dbt(
    macros: Callables, dialect: str, packages: Mapping[str, Any], moment: dt.datetime = MOMENT
) -> dict[str, Any]:
    """The names that dbt gives to Jinja, those of a model's own calls apart."""
    spaces = {name: Namespace(name, macros) for name in packages if name}
    target = {"type": dialect, "threads": 1} | dict.fromkeys(_OF_TARGET, "dev")
    asked = {name: Asked(name, "the database") for name in DATABASE}
    asked |= {name: Asked(name, "dbt for its graph") for name in GRAPH}
    everywhere = dbt_macros(dialect)
    kind = _STRING.get(dialect, "varchar")
    return (
        {name: found for name, found in everywhere.items() if name not in SHADOWING}
        | asked
        | spaces
        | {
            "dbt": Namespace("dbt", macros, everywhere),
            "dbt_utils": Namespace(
                "dbt_utils", macros, everywhere | utils_macros(kind), asking_macros(dialect)
            ),
            "adapter": Adapter(macros, dialect),
            "exceptions": {"raise_compiler_error": _stopped, "warn": lambda *_: ""},
            "log": lambda *_, **__: "",
            "print": lambda *_, **__: "",
            "return": _returned,
            "run_started_at": moment,
            "modules": Modules(datetime=Modules(_days(moment))),
            "target": target,
            "flags": {"FULL_REFRESH": False, "WHICH": "compile"},
            "invocation_id": "0",
            "dbt_version": "1.10.0",
            "project_name": "",
            "schema": "dev",
            "database": "dev",
            "execute": True,
            "null": None,
            "fromjson": _from_json,
            "tojson": lambda value, *_: json.dumps(value),
            "fromyaml": yaml.safe_load,
            "set": lambda value, *_: set(value),
            "zip": lambda *values: list(zip(*values, strict=False)),
        }
    )
