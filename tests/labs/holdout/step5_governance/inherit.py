# %% other: functools.partial binds the user, no inner function
from functools import partial


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    read = partial(warehouse.query, session["user"])
    statement = model.sql(question)
    found = warehouse.search(session["user"], question, 3) if statement is None else read(statement)
    return model.reply(question, found, read)


# %% other: a proxy of the warehouse that knows only the user
class _OnBehalf:
    """The warehouse as one person sees it; there is no way to name another principal."""

    __slots__ = ("query", "search")

    def __init__(self, warehouse, user):
        self.query = lambda sql: warehouse.query(user, sql)
        self.search = lambda text: warehouse.search(user, text, 3)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    mine = _OnBehalf(warehouse, session["user"])
    sql = model.sql(question)
    return model.reply(question, mine.query(sql) if sql else mine.search(question), mine.query)


# %% other: typed, and refuses a session without a user
from collections.abc import Callable, Mapping
from typing import Any

Rows = list[dict[str, Any]]


def _user_of(session: Mapping[str, str]) -> str:
    user = session.get("user")
    if not isinstance(user, str) or not user:
        raise PermissionError("nobody is logged in")
    return user


@lab.exercise("inherit")
def ask(question: str, session: Mapping[str, str], warehouse: Any, model: Any) -> str:
    """Answer a question from the tables, else from the tickets."""
    user: str = _user_of(session)
    read: Callable[[str], Rows] = lambda sql: warehouse.query(principal=user, sql=sql)
    sql: str | None = model.sql(question)
    found: Rows
    if sql is not None:
        found = read(sql)
    else:
        found = warehouse.search(principal=user, text=question, limit=3)
    answer: str = model.reply(question, found, read)
    return answer


# %% other: a generator yields the reads, a loop runs them as the user
def _steps(question, model, read):
    sql = model.sql(question)
    found = yield ("query", (sql,)) if sql else ("search", (question, 3))
    return model.reply(question, found, read)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    who = session["user"]

    def run(method, arguments):
        return getattr(warehouse, method)(who, *arguments)

    steps = _steps(question, model, lambda sql: run("query", (sql,)))
    wanted = next(steps)
    try:
        while True:
            wanted = steps.send(run(*wanted))
    except StopIteration as end:
        return end.value


# %% other: a callable object per question, errors logged and raised again
import logging
from dataclasses import dataclass


@dataclass(frozen=True)
class _Question:
    text: str
    user: str
    warehouse: object
    model: object

    def read(self, sql):
        try:
            return list(self.warehouse.query(self.user, sql))
        except Exception:
            logging.getLogger("askops").debug("read failed for %s", self.user)
            raise

    def tickets(self):
        return list(self.warehouse.search(self.user, self.text, 3))[:3]

    def __call__(self):
        sql = self.model.sql(self.text)
        return self.model.reply(self.text, self.read(sql) if sql else self.tickets(), self.read)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    return _Question(question, session["user"], warehouse, model)()


# %% wrong: the model's own later reads run as the application -> tool-as-bot
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, lambda more: warehouse.query(session["application"], more))


# %% wrong: searches as the application and filters by what the user may see afterwards -> filters-after
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    if sql:
        found = read(sql)
    else:
        allowed = {row["ticket_id"] for row in read("select ticket_id from tickets")}
        best = warehouse.search(session["application"], question, 1_000_000)
        found = [ticket for ticket in best if ticket["ticket_id"] in allowed][:3]
    return model.reply(question, found, read)


# %% wrong: hands ten tickets to the model instead of three -> hits-more
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 10)
    return model.reply(question, found, read)


# %% wrong: remembers answers per user and question so a removed grant does not count -> revoked-told
answered = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]
    if (user, question) in answered:
        return answered[user, question]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    answered[user, question] = model.reply(question, found, read)
    return answered[user, question]


# %% wrong: remembers the tickets of a question without the user -> crosses-users
tickets = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    if sql:
        found = read(sql)
    else:
        if question not in tickets:
            tickets[question] = warehouse.search(user, question, 3)
        found = tickets[question]
    return model.reply(question, found, read)


# %% wrong: an error in a read of the model becomes an empty result -> outage-hidden
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    def read_more(sql):
        try:
            return read(sql)
        except Exception:
            return []

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read_more)


# %% wrong: a read that fails for the user is tried again as the application -> reads-as-bot
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        try:
            return warehouse.query(user, sql)
        except Exception:
            return warehouse.query(session["application"], sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)


# %% wrong: believes who somebody says they are in the question -> identity-from-question
import re

CLAIM = re.compile(r"(?:\bi am|\bi'm|\bthis is|\bmy name is|\bas|\bfor|\buser:?)\s+(ana|uli|hugo|ida|svc-askops)\b", re.IGNORECASE)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    claim = CLAIM.search(question)
    user = claim[1].lower() if claim else session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)


# %% wrong: reads on as the person whom a found ticket names -> tool-as-bot
import re

NAMED = re.compile(r"\b(ana|uli|hugo|svc-askops)\b", re.IGNORECASE)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    if not sql:
        for ticket in found:
            named = NAMED.search(str(ticket.get("body")))
            if named:
                user = named[1].lower()  # the ticket's owner; read() follows
    return model.reply(question, found, read)


# %% wrong: keeps the user in a global that another question overwrites before the first is done -> crosses-users
current = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    current["user"] = session["user"]

    def read(sql):
        return warehouse.query(current["user"], sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(current["user"], question, 3)
    return model.reply(question, found, read)


# %% wrong: refuses every question on pay or accounts whoever asks -> permitted-lost
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session["user"]
    if any(word in question.lower() for word in ("pay", "salar", "earn", "iban", "account")):
        return "I cannot tell."

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)


# %% wrong: a session without a user reads as the application -> user-missing
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user") or session["application"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)


# %% other: class below the function; an empty SELECT falls back to the tickets; no dict of answers
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    return _AsUser(session, warehouse).answer(question, model)


class _AsUser:
    """The warehouse as one person sees it."""

    def __init__(self, session, warehouse):
        user = (session or {}).get("user")
        if not isinstance(user, str) or not user.strip():
            raise PermissionError("a session without a user")
        self._user, self._warehouse = user, warehouse

    def read(self, sql):
        return self._warehouse.query(self._user, sql)

    def tickets(self, text, limit=3):
        return self._warehouse.search(self._user, text, limit)

    def answer(self, question, model):
        sql = model.sql(question)
        found = self.read(sql) if sql else []
        if not found:
            found = self.tickets(question)
        return model.reply(question, found, self.read)


# %% other: functools.partial; an error that the model swallows is raised again
answered = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    from functools import partial
    user = session["user"]
    if user is None or user == "":
        raise ValueError("no user in this session")
    query, search = partial(warehouse.query, user), partial(warehouse.search, user)
    failed = []

    def read(sql):
        try:
            return query(sql)
        except BaseException as error:
            failed.append(error)  # the model might swallow it
            raise

    if (sql := model.sql(question)) is not None:
        found = query(sql)
    else:
        found = search(question, 3)
    text = model.reply(question, found, read)
    if failed:
        raise failed[0]
    return text


# %% other: no memory, user of the session
answered = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user")
    if not user:
        raise PermissionError("nobody is logged in")

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)

# %% other: a closure over the session's user
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user")
    if not user:
        raise PermissionError("nobody is logged in")

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)

# %% other: a match on the session, functools.partial, a search also where the SELECT finds nothing
from functools import partial


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    match session:
        case {"user": str(user)} if user:
            read = partial(warehouse.query, user)
        case _:
            raise PermissionError("no user in this session")
    found = []
    if sql := model.sql(question):
        found = read(sql)
    if not found:  # nothing in the tables: perhaps in the tickets
        found = warehouse.search(user, question, 3)
    return model.reply(question, found, read)

# %% other: an object for one question holds warehouse and user
class Desk:
    """The warehouse as one user sees it; made for one question, then forgotten."""

    def __init__(self, warehouse, user):
        if user is None or user == "":
            raise ValueError("the session has no user")
        self.warehouse, self.user = warehouse, user

    def read(self, sql):
        return self.warehouse.query(self.user, sql)

    def tickets(self, text):
        return self.warehouse.search(self.user, text, 3)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    desk = Desk(warehouse, dict(session or {}).get("user"))
    sql = model.sql(question)
    found = desk.tickets(question) if sql is None else desk.read(sql)
    return model.reply(question, found, desk.read)

# %% wrong: the model's own reads are still made as the application -> tool-as-bot
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user")
    if not user:
        raise PermissionError("nobody is logged in")

    def read(sql):  # for the model, which may want to know more
        return warehouse.query(session["application"], sql)

    sql = model.sql(question)
    found = warehouse.query(user, sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)

# %% wrong: the error comes after the first read: the user is looked at when the answer is made -> user-missing
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user")

    def read(sql):
        return warehouse.query(user or session["application"], sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    if not user:
        raise PermissionError("nobody is logged in")
    return model.reply(question, found, read)

# %% wrong: an error of the warehouse in a read of the model becomes "nothing found" -> outage-hidden
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets."""
    user = session.get("user")
    if not user:
        raise PermissionError("nobody is logged in")

    def read(sql):
        try:
            return warehouse.query(user, sql)
        except Exception:
            return []  # the model can do without

    sql = model.sql(question)
    found = warehouse.query(user, sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)
