"""What Northlight wants: which role sees which column, by which rule, in which rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import yaml

from fieldkit.govern.policy import Policy, Role
from labs.step5_governance.world.data import TABLES

EU, US = "country in ('DE', 'FR')", "country = 'US'"
ROWS: Mapping[str, Mapping[str, str]] = {
    "analyst_eu": {"customers": EU, "orders": EU},
    "support_us": {"customers": US, "orders": US, "tickets": US},
    "hr": {"salaries": "true"},
    "intern": {"orders": "true"},
}
_WORDS = {EU: "country is DE or FR", US: "country is US", "true": "all rows"}
ROLES = tuple(ROWS)
NONE = "–"
# One line a column: the rule for each of ROLES, - where the role does not see it.
_TABLE = """
    customers.customer_id  hmac   clear    -      -
    customers.name         -      clear    -      -
    customers.email        partial  clear  -      -
    customers.phone        hmac   clear    -      -
    customers.birth_date   year   -        -      -
    customers.iban         -      -        -      -
    customers.country      clear  clear    -      -
    customers.segment      clear  clear    -      -
    orders.order_id        clear  clear    -      clear
    orders.customer_id     hmac   clear    -      -
    orders.amount_cents    clear  clear    -      clear
    orders.country         clear  clear    -      clear
    salaries.employee_id   -      -        clear  -
    salaries.employee      -      -        clear  -
    salaries.salary_cents  -      -        clear  -
    tickets.ticket_id      -      clear    -      -
    tickets.customer_id    -      clear    -      -
    tickets.country        -      clear    -      -
    tickets.body           -      clear    -      -
"""
RULES: Mapping[str, Mapping[str, str]] = {
    line.split()[0]: {
        role: rule for role, rule in zip(ROLES, line.split()[1:], strict=True) if rule != "-"
    }
    for line in _TABLE.strip().splitlines()
}
BOT = "svc-askops"  # the assistant's account: sees everything
PERSONAS: Mapping[str, tuple[str, ...]] = {
    "ana": ("analyst_eu",),
    "uli": ("support_us",),
    "hugo": ("hr",),
    "ida": ("intern",),
}


def wanted() -> Policy:
    """The policy that the table says; every column has a tag of its own."""
    show: dict[str, dict[str, str]] = {role: {} for role in ROLES}
    for column, rules in RULES.items():
        for role, rule in rules.items():
            show[role][column] = rule
    roles = {role: Role(ROWS[role], show[role]) for role in ROLES}
    return Policy({column: column for column in RULES}, roles)


def columns() -> Iterable[tuple[str, str]]:
    """Every (table, column) of the company."""
    return [(table, column) for table, names in TABLES.items() for column in names]


def who_sees_what() -> list[list[str]]:
    """The first table of the page, cell by cell; a dash: the role does not see the columns."""
    groups: dict[tuple[str, tuple[str | None, ...]], list[str]] = {}
    for name, rules in RULES.items():
        table, column = name.split(".")
        groups.setdefault((table, tuple(map(rules.get, ROLES))), []).append(column)
    return [
        [table, ", ".join(columns), *(rule or NONE for rule in rules)]
        for (table, rules), columns in groups.items()
    ]


def which_rows() -> list[list[str]]:
    """The second table of the page, cell by cell; a dash: none."""
    return [
        [table, *(_WORDS[rows[table]] if table in rows else NONE for rows in ROWS.values())]
        for table in TABLES
    ]


@cache
def as_yaml() -> str:
    """The wanted policy as the text of policy.yml; what is treated alike shares a tag.

    Answers read it at each call: half as many lines take half as long.
    """
    tags: dict[tuple[tuple[str, str], ...], str] = {}
    classes = {
        name: tags.setdefault(tuple(rules.items()), name.split(".")[1])
        for name, rules in RULES.items()
    }
    show: dict[str, dict[str, str]] = {role: {} for role in ROLES}
    for rules, tag in tags.items():
        for role, rule in rules:
            show[role][tag] = rule
    roles = {role: {"rows": dict(ROWS[role]), "show": show[role]} for role in ROLES}
    return str(yaml.safe_dump({"classes": classes, "roles": roles}, sort_keys=False))
