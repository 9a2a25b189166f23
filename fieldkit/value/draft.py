"""A first value map from a bare export: what is written, the dearest first, and who reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from fieldkit.report.words import plural
from fieldkit.value.found import AccountUse, Observed
from fieldkit.value.words import USED, cost_of, money, why

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@/+-]*")
TRAPS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
MOST = 200  # accounts, and tables: a longer list is not filled in; patterns are


@dataclass(frozen=True)
class Draft:
    """A map to fill in, and what stays unknown until it is."""

    text: str
    tables: int
    accounts: int

    @property
    def exit_code(self) -> int:
        """0 where every account is classified, else 1."""
        return int(bool(self.accounts))


def draft(seen: Observed, currency: str) -> Draft:
    """The text of a map, for what the exports say."""
    lines = [
        "# A value map. Fill it in, then: fieldkit value check MAP.yml --jobs F",
        "team: []                # addresses or the domain of the data team",
        f"currency: {currency}",
        "capacity_days:          # days that the team has for initiatives",
    ]
    lines += _accounts(seen, currency)
    order = sorted(seen.written, key=lambda table: (-(cost_of(seen, table) or 0), table))
    lines += [
        "# A pipeline of kind hours has task: (in tasks.csv) and rate: (cents an hour), too.",
        "pipelines:              # the dearest first; costs are of a month",
    ]
    short = [table.rpartition(".")[2] for table in order]
    for table, name in zip(order[:MOST], short, strict=False):
        lines += _pipeline(seen, table, name if short.count(name) == 1 else table, currency)
    if len(order) > MOST:
        lines.append(f"# and {len(order) - MOST} tables that cost less")
    if not order:
        lines[-1] = "pipelines: []           # the export names no table that is written"
    return Draft("\n".join(lines) + "\n", len(order), len(seen.accounts))


def _accounts(seen: Observed, currency: str) -> list[str]:
    accounts: list[AccountUse] = seen.accounts
    if not accounts:
        return []
    lines = [
        "# Who reads: kind is person, delivery (with readers: how many people it serves) or",
        '# machine. A pattern stands for many: {account: "*@shop.example", kind: person}.',
        "accounts:",
    ]
    for one in accounts[:MOST]:
        known = seen.bill.known
        cost = f", {currency} {money(seen.bill.monthly(one.cents))} a month" if known else ""
        lines.append(
            f"  - {{account: {_quoted(one.name)}, kind: unknown}}"
            f"  # {plural(one.jobs, 'job')}, {one.writes:,} of them write{cost}"
        )
    if len(accounts) > MOST:
        lines.append(f"# and {len(accounts) - MOST} accounts with fewer jobs: write patterns")
    return lines


def _pipeline(seen: Observed, table: str, name: str, currency: str) -> list[str]:
    use = seen.uses[table]
    cost = cost_of(seen, table)
    said = "cost unknown" if cost is None else f"{currency} {money(cost)}"
    return [
        f"  - pipeline: {_quoted(name)}",
        f"    table: {_quoted(table)}  # {said}; {USED[use.used]}: {why(use, 1)}",
        "    kind:               # revenue, cost, hours or none",
        "    metric:             # a number that the business keeps, in metrics.yml",
        "    per_month:          # in cents",
        "    owner:              # outside the data team",
        "    source:             # the owner's document",
    ]


def _quoted(name: str) -> str:
    plain = PLAIN.fullmatch(name) and name.lower() not in TRAPS
    return name if plain else json.dumps(name, ensure_ascii=False)
