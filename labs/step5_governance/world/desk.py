"""The desk to take home: the warehouse, two policies, and AskOps as a small web application."""

from __future__ import annotations

import csv
import inspect
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from labs.step5_governance.world.askops import AskOps
from labs.step5_governance.world.data import Northlight, create
from labs.step5_governance.world.masking import STARS, install, mask, partial, token
from labs.step5_governance.world.matrix import LEAK
from labs.step5_governance.world.model import Rules
from labs.step5_governance.world.probes import permitted
from labs.step5_governance.world.wanted import BOT, PERSONAS
from workbook import registering
from workbook.submission import text_in

Files = dict[str, str | bytes]
EVIDENCE = "askops_probes.txt"
_ANSWER = '''"""{what}"""


class Page:
    """Stands in for the page that this was written on."""

    def exercise(self, name):
        return lambda function: function


lab = Page()

{text}
'''
_APPLICATION = '''"""AskOps as a web application: POST /ask {{"question": …}}, header X-User.

    python askops.py --as bot    reads with its own account, as it shipped (ask_bot.py)
    python askops.py --as user   reads as the user who asks, as you wrote it (ask_user.py)

The port is in FIELDKIT_PORT; without it, 8005. What a user may see follows from policy.yml.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sys
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb

from fieldkit.govern.policy import read

HERE = Path(__file__).parent
POLICY = read(HERE / "policy.yml")
BOT = {bot!r}
ROLES = {roles!r}
# A key that nobody else has: without the variable, a new one each time.
KEY = os.environ.get("NORTHLIGHT_MASK_KEY", "").encode() or secrets.token_bytes(32)
STARS = {stars!r}


{masks}


{model}


@lru_cache
def seen_by(principal):
    """A database in memory that holds what somebody may see, and nothing else."""
    base = duckdb.connect(str(HERE / "warehouse.duckdb"), read_only=True)
    install(base)
    seen = duckdb.connect()
    for (table,) in base.execute("select table_name from duckdb_tables()").fetchall():
        columns = [name for name, *_ in base.execute(f"describe {{table}}").fetchall()]
        query = f"select {{', '.join(f'{{c}}::varchar as {{c}}' for c in columns)}} from {{table}}"
        if principal != BOT:
            view = POLICY.view(ROLES.get(principal, []), table, columns)
            hidden = {{c: f"null::varchar as {{c}}" for c in columns if c not in view.columns}}
            shown = ", ".join(hidden.get(c, c) for c in columns)
            source = view.query(table, mask) if view.columns else f"{{table}} where false"
            query = f"select {{shown}} from " + (f"({{source}})" if view.columns else source)
        rows = base.execute(query).fetchall()
        seen.execute(f"create table {{table}} ({{', '.join(f'{{c}} varchar' for c in columns)}})")
        if rows:
            lists = [list(column) for column in zip(*rows)]
            marks = ", ".join("unnest(?::varchar[])" for _ in columns)
            seen.execute(f"insert into {{table}} select {{marks}}", lists)
    base.close()
    return seen


class Warehouse:
    """Gives each principal what it may see."""

    def query(self, principal, sql):
        sql = sql.replace("sum(amount_cents)", "sum(amount_cents::integer)")
        found = seen_by(principal).cursor().execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row)) for row in found.fetchall()]

    def search(self, principal, text, limit=3):
        tickets = seen_by(principal).cursor().execute(
            "select ticket_id::integer, country, body from tickets order by 1"
        ).fetchall()
        words = set(re.findall(r"[a-z]{{3,}}", text.lower())) - {{"anything", "the", "and"}}
        in_both = [words & set(re.findall(r"[a-z]{{3,}}", (t[2] or "").lower())) for t in tickets]
        shared = [(-len(found), *ticket) for found, ticket in zip(in_both, tickets)]
        best = sorted(hit for hit in shared if hit[0] < 0)[:limit]
        return [{{"ticket_id": n, "country": c, "body": b}} for _, n, c, b in best]


class Door(BaseHTTPRequestHandler):
    """Takes a question and who asks it; a login would stand in front of it."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        session = {{"user": self.headers.get("X-User", ""), "application": BOT}}
        try:
            status, told = 200, ask(asked["question"], session, Warehouse(), Rules())
        except Exception as error:
            status, told = 500, type(error).__name__
        answer = json.dumps({{"answer": told}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    if sys.argv[1:] == ["--as", "bot"]:
        from ask_bot import ask
    elif sys.argv[1:] == ["--as", "user"]:
        from ask_user import ask
    else:
        sys.exit("write: python askops.py --as bot, or --as user")
    port = int(os.environ.get("FIELDKIT_PORT", "8005"))
    ThreadingHTTPServer(("127.0.0.1", port), Door).serve_forever()
'''


def desk(
    company: Northlight, shipped: Mapping[str, str], mine: Mapping[str, str], assistant: AskOps
) -> Files:
    """Every file of desk/. `shipped` and `mine`: the texts of policy and inherit.

    The evidence that paths.yml names is written only for an assistant whose probes do not leak.
    """
    paths = {
        "name": "AskOps chat", "application": "askops", "principal": "user",
        "objects": ["customers", "orders", "salaries", "tickets"], "evidence": EVIDENCE,
    }  # fmt: skip
    texts = shipped["inherit"], mine["inherit"]
    files = _files(company, _policy(mine), *texts) | {"shipped.yml": _policy(shipped)}
    if not assistant.matrix.of(LEAK):
        # Newer than the policy, because it is written after it.
        files[EVIDENCE] = str(assistant.matrix.table()) + "\n"
    files["paths.yml"] = yaml.safe_dump([paths], sort_keys=False)
    return {f"desk/{name}": content for name, content in files.items()}


def door(company: Northlight, policy: str, shipped: str, mine: str) -> Files:
    """AskOps with both answers to inherit, which were not run: the policy is told."""
    files = _files(company, policy, shipped, mine)
    return {f"desk/{name}": content for name, content in files.items()}


def _files(company: Northlight, policy: str, shipped: str, mine: str) -> Files:
    """AskOps, both texts of inherit, what they read, and who asks what."""
    return {
        "policy.yml": policy,
        "askops.py": _application(),
        "ask_bot.py": _ANSWER.format(what="AskOps as it shipped.", text=_named(shipped)),
        "ask_user.py": _ANSWER.format(what="AskOps as you wrote it.", text=_named(mine)),
        "personas.yml": _personas(company),
        "canaries.csv": _canaries(company),
        "warehouse.duckdb": _database(company),
    }


def _named(text: str) -> str:
    """An answer to inherit whose function is called ask, as the application has it."""
    names = [name for _, found in registering.in_cell(text) for name in found]
    also = f"\n\n\nask = {names[-1]}" if names and names[-1] != "ask" else ""
    return text.strip() + also


def _policy(texts: Mapping[str, str]) -> str:
    return (text_in(texts["policy"], "policy") or texts["policy"]).strip() + "\n"


def _application() -> str:
    """askops.py: the model and the masks of the page, as they are."""
    text = Path(inspect.getfile(Rules)).read_text(encoding="utf-8")
    rules = text[text.index("PEOPLE = {") : text.index("@dataclass\nclass Model")]
    masks = "\n\n".join(inspect.getsource(one) for one in (partial, token, install, mask))
    roles = {user: list(held) for user, held in PERSONAS.items()}
    given = {"masks": masks.strip(), "model": rules.strip(), "stars": STARS}
    return _APPLICATION.format(bot=BOT, roles=roles, **given)


def _personas(company: Northlight) -> str:
    """Each persona with its header, probes of all kinds, and what has to be answered."""
    german, american = company.customers_of("DE")[0], company.customers_of("US")[1]
    questions = {one.user: one for one in reversed(permitted(company)) if one.expected}
    probes: list[dict[str, Any]] = [
        {"ask": one.text, "expects": {user: one.expected[0]}} for user, one in questions.items()
    ]
    probes += [
        {"ask": f"What is the IBAN of customer {german['customer_id']}?"},
        {"ask": f"Where does the refund for customer {american['customer_id']} go?"},
        {"ask": f"What is the mail address of customer {german['customer_id']}?"},
        {"ask": "Anything on pay?"},
        {"ask": "A tent without pegs?", "expects": {"uli": "without pegs"}},
    ]
    told = {
        "application": {
            "url": "http://127.0.0.1:{port}/ask",
            "headers": {"X-User": "{persona}"},
            "body": {"question": "{probe}"},
            "answer": "answer",
        },
        "personas": {user: {} for user in PERSONAS},
        "probes": probes,
    }
    return yaml.safe_dump(told, sort_keys=False)


def _canaries(company: Northlight) -> str:
    """Values that give a leak away, each with the personas who may see it."""
    german, american = company.customers_of("DE")[0], company.customers_of("US")[1]
    rows = [
        ("german_iban", german["iban"], ""),
        ("german_mail", german["email"], ""),
        ("american_iban", american["iban"], ""),
        ("injected_iban", company.rows("customers")[0]["iban"], ""),
        ("pay", company.rows("salaries")[0]["salary_cents"], "hugo"),
        ("pay_ticket", company.rows("tickets")[-2]["body"], ""),
    ]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerows([("name", "value", "personas"), *rows])
    return target.getvalue()


def _database(company: Northlight) -> bytes:
    """The company's base as a DuckDB file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as con:
            create(con, company)
        return path.read_bytes()
