"""The value map: which pipeline brings what to whom, read from MAP.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.value.choose import Initiative
from fieldkit.value.use import DELIVERY, KINDS, Account
from fieldkit.value.written import Place, Record, csv_of, records, shown, yaml_of

VALUES = ("revenue", "cost", "hours", "none")
PARTS = (
    "team", "currency", "capacity_days", "pipelines", "accounts", "prices", "initiatives",
    "rate_owner", "bi_columns",
)  # fmt: skip
FIELDS = (
    "pipeline", "table", "tables", "kind", "metric", "share", "per_month", "owner", "source",
    "task", "rate", "times", "rate_owner", "note",
)  # fmt: skip
ACCOUNT_FIELDS = ("account", "email", "kind", "readers", "jobs", "cost", "writes", "note")
INITIATIVE_FIELDS = (
    "id", "title", "days", "effort_days", "p10", "p10_cents", "p50", "p50_cents", "p90",
    "p90_cents", "run", "run_cost_cents", "needs", "note", "votes", "spent_days", "asked_by",
)  # fmt: skip
NOBODY = {"unknown", "?", "tbd", "todo", "n/a", "na", "none", "no", "nobody", "false", "fill in"}


@dataclass(frozen=True)
class Pipeline:
    """One pipeline and what it says it brings: `per_month` and `rate` in cents, `share` of 1."""

    name: str
    place: Place
    tables: tuple[str, ...] = ()
    kind: str = ""
    metric: str = ""
    share: float = 1.0
    per_month: int | None = None
    owner: str = ""
    source: str = ""
    task: str = ""
    rate: int | None = None
    times: float | None = None
    rate_owner: str = ""


@dataclass
class Map:
    """A value map; `accounts`: patterns of accounts in their order, and who they are."""

    path: str = ""
    team: tuple[str, ...] = ()
    currency: str = ""
    capacity: float | None = None
    pipelines: list[Pipeline] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    open_accounts: list[str] = field(default_factory=list)
    prices: dict[str, float] = field(default_factory=dict)
    initiatives: list[Initiative] = field(default_factory=list)
    rate_owner: str = ""
    bi_columns: dict[str, str] = field(default_factory=dict)

    def of_team(self, owner: str) -> bool:
        """Whether an owner belongs to the data team: its address, or one of its domain."""
        who = address(owner)
        for one in (address(part) for part in self.team):
            if who == one or ("@" in who and who.partition("@")[2] == one.lstrip("@")):
                return True
        return False


def address(owner: str) -> str:
    """The mail address in a text such as `Ines <ines@shop.example>`, else the text."""
    for word in owner.replace("<", " ").replace(">", " ").replace("(", " ").split():
        if "@" in word:
            return word.strip(",;)").lower()
    return " ".join(owner.lower().split())


def somebody(owner: str) -> bool:
    """Whether a field names an owner; `tbd` and `unknown` do not."""
    return bool(owner) and owner.strip().lower() not in NOBODY


def read(path: Path) -> Map:
    """Read a map; raises CannotRun with file, line and what to do."""
    told = yaml_of(path, "`fieldkit value init MAP.yml --jobs F` writes one")
    told.only(PARTS)
    found = Map(
        str(path), told.texts("team"), told.text("currency").upper(),
        told.number("capacity_days", least=0), rate_owner=told.text("rate_owner"),
    )  # fmt: skip
    if found.currency and not (found.currency.isalpha() and len(found.currency) == 3):
        raise CannotRun(f"{told.where('currency')}: currency is {found.currency}; write USD or EUR")
    found.pipelines = [_pipeline(one) for one in records(told, "pipelines")]
    _once([(one.name, one.place) for one in found.pipelines], "the pipeline")
    for one in records(told, "accounts"):
        one.only(ACCOUNT_FIELDS)
        account(one, found)
    for unit, cents in _mapping(told, "prices"):
        found.prices[unit] = cents
    if isinstance(columns := told.fields.get("bi_columns"), Record):
        found.bi_columns = {name: columns.text(name) for name in columns.fields}
    found.initiatives = initiatives(records(told, "initiatives"))
    return found


def _mapping(told: Record, name: str) -> list[tuple[str, float]]:
    """Prices: units to amounts of the currency, given back in cents."""
    from fieldkit.value.logs import PRICES

    given = told.fields.get(name)
    if not given:
        return []
    if not isinstance(given, Record):
        raise CannotRun(f"{told.where(name)}: {name} is not a mapping; write credit: 3.00 below it")
    given.only(tuple(PRICES))
    return [(unit, 100 * (given.number(unit, least=0) or 0)) for unit in given.fields]


def _pipeline(one: Record) -> Pipeline:
    one.only(FIELDS)
    name = one.text("pipeline")
    if not name:
        raise CannotRun(f"{one.place}: an entry of pipelines has no name; write pipeline: …")
    kind = one.text("kind").lower()
    if kind and kind not in VALUES:
        raise CannotRun(
            f"{one.where('kind')}: kind is {shown(kind)}; there is: {', '.join(VALUES)}"
        )
    share = one.number("share", least=0)
    if share is not None and share > 1:
        raise CannotRun(f"{one.where('share')}: share is {share:g}; write a part of 1, such as 0.4")
    return Pipeline(
        name, one.place, one.texts("tables", "table"), kind, one.text("metric"),
        1.0 if share is None else share, one.whole("per_month"), one.text("owner"),
        one.text("source"), one.text("task"), one.whole("rate"), one.number("times"),
        one.text("rate_owner"),
    )  # fmt: skip


def account(one: Record, found: Map) -> None:
    """Add who an account, or a pattern of accounts, is; one without a kind stays unknown."""
    name, kind = one.text("email", "account").lower(), one.text("kind").lower()
    if not name:
        raise CannotRun(f"{one.place}: names no account; write its address, or a pattern like *@x")
    if kind in ("", "unknown", "?"):
        found.open_accounts.append(name)
        return
    if kind not in KINDS:
        raise CannotRun(f"{one.where('kind')}: kind is {shown(kind)}; there is: {', '.join(KINDS)}")
    readers = one.whole("readers", least=0)
    if kind == DELIVERY and readers is None:
        raise CannotRun(
            f"{one.place}: a delivery account without readers; write how many people it serves"
        )
    found.accounts.setdefault(name, Account(kind, readers or 0))


def principals(path: Path, found: Map) -> None:
    """Add principals.csv; what the map says of an account counts before it."""
    what = "write email,kind,readers; kind is person, delivery or machine"
    for one in csv_of(path, ("email|account", "kind"), what):
        account(one, found)


def initiatives(entries: list[Record]) -> list[Initiative]:
    """Proposals, from the map or from initiatives.csv; raises CannotRun."""
    found = []
    for one in entries:
        if one.place.unit == "line":
            one.only(INITIATIVE_FIELDS)
        name = one.text("id", "title")
        if not name:
            raise CannotRun(f"{one.place}: an initiative has no id; write id: …")
        days = one.number("days", "effort_days", least=0)
        values = [one.number(f"p{p}", f"p{p}_cents") for p in (10, 50, 90)]
        if days is None or None in values:
            lacks = "days" if days is None else "p10, p50 and p90 in cents"
            raise CannotRun(f"{one.place}: lacks {lacks}; an estimate is needed to rank it")
        p10, p50, p90 = (value or 0 for value in values)
        if not p10 <= p50 <= p90:
            raise CannotRun(
                f"{one.place}: p10 {p10:,.0f}, p50 {p50:,.0f}, p90 {p90:,.0f} do not rise; "
                "put the smallest first"
            )
        run = one.number("run", "run_cost_cents") or 0
        found.append(Initiative(name, days, p10, p50, p90, run, one.texts("needs")))
    _needs(found, {one.text("id", "title"): one.place for one in entries})
    return found


def _needs(found: list[Initiative], places: dict[str, Place]) -> None:
    _once([(one.id, places[one.id]) for one in found], "the initiative")
    known = {one.id: one for one in found}
    for one in found:
        for need in one.needs:
            if need not in known:
                raise CannotRun(f"{places[one.id]}: needs {need}, which is not listed; add it")
    done: set[str] = set()
    while ready := [o for o in found if o.id not in done and done.issuperset(o.needs)]:
        done |= {one.id for one in ready}
    if stuck := [one.id for one in found if one.id not in done]:
        raise CannotRun(f"{places[stuck[0]]}: what it needs goes round in a circle; break it")


def _once(given: list[tuple[str, Place]], what: str) -> None:
    seen: set[str] = set()
    for name, place in given:
        if name in seen:
            raise CannotRun(f"{place}: {what} {name} stands there twice; keep one")
        seen.add(name)
