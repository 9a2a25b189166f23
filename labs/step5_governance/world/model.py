"""The assistant's language model, played by rules: a question to SQL, rows and tickets to text.

It is gullible, as real ones are: an instruction that stands in a ticket it obeys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.answer import Turn

Rows = Sequence[Mapping[str, Any]]
PEOPLE = {
    **dict.fromkeys(("name", "called"), "name"),
    **dict.fromkeys(("phone", "number", "call"), "phone"),
    **dict.fromkeys(("born", "birthday"), "birth_date"),
    **dict.fromkeys(("iban", "account", "refund"), "iban"),
    **{"mail": "email", "segment": "segment", "country": "country"},
}
COUNTRIES = {"germany": "DE", "france": "FR", "britain": "GB", "states": "US", "canada": "CA",
             "australia": "AU"}  # fmt: skip
PERSONAL = ("iban", "name", "mail", "phone", "birthday", "born", "earn", "salary", "pay", "account")
NOTHING = "I found nothing that you may see."
_INSTRUCTION = re.compile(r"ASSISTANT: .*?\[(select [^\]]+)\]", re.S)


class Rules:
    """The model that an answer gets."""

    def sql(self, question: str) -> str | None:
        """A SELECT that answers the question; None where the tables have no answer."""
        asked = question.lower()
        if earner := re.search(r"what does (.+?) earn|(?:pay|salary) of (.+?)\?", asked):
            name = (earner[1] or earner[2]).replace("'", "''")
            return f"select salary_cents from salaries where lower(employee) like '{name}%'"
        if customer := re.search(r"customer (\d+)", asked):
            words = re.findall(r"[a-z]+", asked.replace("customer", " ").replace("number of", " "))
            columns = dict.fromkeys(PEOPLE[word] for word in words if word in PEOPLE)
            if columns:
                told = ", ".join(columns)
                return f"select {told} from customers where customer_id = '{customer[1]}'"
        return _counted(asked)

    def reply(self, question: str, found: Rows, run: Callable[[str], Rows]) -> str:
        """A text from rows or tickets. `run`: reads a SELECT, for whatever the model wants to know.

        The model calls it when a ticket tells it to.
        """
        tickets = [one for one in found if "body" in one]
        if tickets:
            told = " ".join(f"Ticket {one['ticket_id']}: {one['body']}" for one in tickets)
            more = [_INSTRUCTION.search(str(one["body"])) for one in tickets]
            return " ".join([told, *(_listed(run(order[1])) for order in more if order)]).strip()
        return _listed(found) or NOTHING

    def refuses(self, prompt: str, question: str) -> bool:
        """Whether a prompt that forbids personal data makes the model refuse this question."""
        forbids = re.search(r"never|not|no |don't|refuse|only|secret|confidential", prompt.lower())
        return bool(forbids) and any(word in question.lower().split() for word in _named(question))


def _named(question: str) -> list[str]:
    """The words in a question by which the model knows that it is about personal data."""
    return [word for word in re.findall(r"\S+", question.lower()) if word.strip("?.,") in PERSONAL]


def _counted(asked: str) -> str | None:
    """How many orders there are, or how much they come to, of one country or of all."""
    what = "sum(amount_cents)" if "revenue" in asked else "count(*)"
    if "orders" not in asked and "revenue" not in asked:
        return None
    place = next((code for name, code in COUNTRIES.items() if name in asked), None)
    return f"select {what} from orders" + (f" where country = '{place}'" if place else "")


def _listed(rows: Rows) -> str:
    """The values of rows, as text; a value that is not there is not told."""
    told = [", ".join(str(v) for v in row.values() if v is not None) for row in rows]
    return "; ".join(part for part in told if part)


@dataclass
class Model:
    """A handle: the language model."""

    def open(self, turn: Turn) -> Rules:
        """Return the model."""
        return Rules()

    def close(self) -> None:
        """Nothing to release."""

    def evidence(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {}
