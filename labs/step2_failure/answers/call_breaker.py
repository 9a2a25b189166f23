# %% reference
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    """Whether a call may go out: always while closed, once when the open time is over."""
    query = "select state from breakers where name = ?"
    if (con.execute(query, [name]).fetchone() or ("closed",))[0] == "closed":
        return True
    # One statement looks and writes, so that of two who ask only one is let through.
    probe = """
        update breakers set state = 'half-open'
        where name = ? and state = 'open' and opened_at + ? <= ? returning name
    """
    return con.execute(probe, [name, reset_after, now]).fetchone() is not None


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    """Remember how a call went; a result that comes while open is of a call from before."""
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: all of it in SQL, two statements
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    con.execute("insert into breakers values (?, 'closed', 0, null) on conflict do nothing", [name])
    row = con.execute("""
        update breakers set state = case state when 'open' then 'half-open' else state end
        where name = ? and (state = 'closed' or state = 'open' and ? - opened_at > ?)
        returning true
    """, [name, now, reset_after]).fetchone()
    return bool(row)


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    con.execute("insert into breakers values (?, 'closed', 0, null) on conflict do nothing", [name])
    if ok:
        con.execute("update breakers set state = 'closed', failures = 0, opened_at = null where name = ? and state <> 'open'", [name])
    else:
        con.execute("""
            update breakers set failures = failures + 1,
                opened_at = case when state = 'half-open' or failures + 1 >= $most then $now end,
                state = case when state = 'half-open' or failures + 1 >= $most then 'open' else 'closed' end
            where name = $name and state <> 'open'
        """, {"name": name, "most": fail_max, "now": now})

# %% other: a small class that loads and saves, in a transaction; a lost probe is tried again
class Row:
    def __init__(self, con, name):
        self.con, self.name = con, name
        con.begin()
        found = con.execute("from breakers where name = ?", [name]).fetchone()
        _, self.state, self.failures, self.opened_at = found or (name, "CLOSED", 0, 0.0)

    def save(self):
        self.con.execute("delete from breakers where name = ?", [self.name])
        self.con.execute("insert into breakers values (?, ?, ?, ?)", [self.name, self.state, self.failures, self.opened_at])
        self.con.commit()


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = Row(con, name)
    may = row.state == "CLOSED" or now - row.opened_at >= reset_after
    if may and row.state != "CLOSED":
        row.state, row.opened_at = "HALF", now
    row.save()
    return may


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = Row(con, name)
    if row.state != "OPEN":
        if ok:
            row.state, row.failures = "CLOSED", 0
        else:
            row.failures += 1
            if row.state == "HALF" or row.failures >= fail_max:
                row.state, row.failures, row.opened_at = "OPEN", fail_max, now
    row.save()

# %% other: the state is computed: a date in the future, and a count
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select state, failures, opened_at from breakers where name = ?", [name]).fetchone()
    if row is None or row[1] < fail_max:
        return True
    if row[0] == "probing" or now < row[2] + reset_after:
        return False
    claim = "update breakers set state = 'probing' where name = ? and state <> 'probing' returning true"
    return con.execute(claim, [name]).fetchone() is not None


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = con.execute("select state, failures from breakers where name = ?", [name]).fetchone()
    state, failures = row if row else ("", 0)
    waiting = failures >= fail_max and state != "probing"
    if waiting:
        return
    if ok:
        con.execute("delete from breakers where name = ?", [name])
        return
    con.execute("insert or replace into breakers values (?, '', ?, ?)", [name, failures + 1, now])

# %% other: state and time are read first, and the update asks again for the state
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        probe = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(probe, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", [name, "open" if opens else "closed", failures, now])
