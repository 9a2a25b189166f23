# %% reference
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Answer a question from the tables, else from the tickets, as the user who asks."""
    user = session["user"]

    def read(sql):
        return warehouse.query(user, sql)

    sql = model.sql(question)
    found = read(sql) if sql else warehouse.search(user, question, 3)
    return model.reply(question, found, read)

# %% other: a warehouse that knows its user, so that nobody can name another one
class Mine:
    """The warehouse with the principal bound once, where the session is opened."""

    def __init__(self, warehouse, session):
        self.query = lambda sql: warehouse.query(session["user"], sql)
        self.search = lambda text: warehouse.search(session["user"], text)


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    mine = Mine(warehouse, session)
    sql = model.sql(question)
    return model.reply(question, mine.query(sql) if sql else mine.search(question), mine.query)

# %% other: remembers the plan of a question, which holds no data
from functools import partial

plans = {}


@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    if question not in plans:
        plans[question] = model.sql(question)
    read = partial(warehouse.query, session["user"])
    if plans[question] is not None:
        return model.reply(question, read(plans[question]), read)
    return model.reply(question, warehouse.search(session["user"], question, limit=3), read)

# %% other: the model gets no tool at all
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    me, sql = session["user"], model.sql(question)
    found = warehouse.query(me, sql) if sql else warehouse.search(me, question)
    return model.reply(question, found, lambda sql: [])

# %% other: asks twice when the first answer is empty, as the same user
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    """Tables first; where they say nothing, the tickets."""
    def read(sql):
        return warehouse.query(session["user"], sql)

    sql = model.sql(question)
    rows = read(sql) if sql else []
    if not any(value is not None for row in rows for value in row.values()):
        rows = warehouse.search(session["user"], question, 3)
    return model.reply(question, rows, read)

# %% other: tries a failed read once more, as the same user
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    user = session["user"]

    def again(read, *given):
        try:
            return read(user, *given)
        except ConnectionError:
            return read(user, *given)

    sql = model.sql(question)
    found = again(warehouse.query, sql) if sql else again(warehouse.search, question, 3)
    return model.reply(question, found, lambda more: again(warehouse.query, more))

# %% other: looks at ten tickets and hands on the best three, refuses whoever has no name
@lab.exercise("inherit")
def ask(question, session, warehouse, model):
    user = session.get("user")
    if not user:
        raise PermissionError("nobody is logged in")
    sql = model.sql(question)
    found = warehouse.query(user, sql) if sql else warehouse.search(user, question, 10)[:3]
    return model.reply(question, found, lambda more: warehouse.query(user, more))
