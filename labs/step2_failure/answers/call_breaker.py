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
    con.execute("update breakers set state = 'probing' where name = ?", [name])
    return True


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

# %% other: what the wrong ones are edits of
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        con.execute("update breakers set state = 'half-open' where name = ?", [name])
        return True
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

# %% wrong: a count in the process, and no way back -> state-in-memory
counted = {}


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    """Whether a call may go out."""
    return counted.get(name, 0) < fail_max


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    """Count counted in a row."""
    counted[name] = 0 if ok else counted.get(name, 0) + 1

# %% wrong: always yes -> opens-never
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    return True


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    return None

# %% wrong: nothing is returned -> closed-refuses
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select state from breakers where name = ?", [name]).fetchone()
    if row and row[0] == "closed":
        return True


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    con.execute("insert or replace into breakers values (?, 'closed', 0, null)", [name])

# %% wrong: the failures are in the table, the opening is not -> state-in-memory
opened = {}


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    if name not in opened:
        return True
    if opened[name] is not None and now >= opened[name] + reset_after:
        opened[name] = None
        return True
    return False


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = con.execute("select failures from breakers where name = ?", [name]).fetchone()
    failures = row[0] if row else 0
    if opened.get(name, None) is not None:
        return
    failures = 0 if ok else failures + 1
    con.execute("insert or replace into breakers values (?, '', ?, null)", [name, failures])
    if ok:
        opened.pop(name, None)
    elif name in opened or failures >= fail_max:
        opened[name] = now

# %% wrong: open for good -> half-opens-never
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select state from breakers where name = ?", [name]).fetchone()
    return row is None or row[0] == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", [name, "open" if failures >= fail_max else "closed", failures, now])

# %% wrong: open or not is only a matter of time -> probes-many
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select failures, opened_at from breakers where name = ?"
    failures, opened_at = con.execute(query, [name]).fetchone() or (0, 0)
    return failures < fail_max or now >= opened_at + reset_after


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select failures, opened_at from breakers where name = ?"
    failures, opened_at = con.execute(query, [name]).fetchone() or (0, 0)
    if failures >= fail_max and now < opened_at + reset_after:
        return
    con.execute("insert or replace into breakers values (?, '', ?, ?)", [name, 0 if ok else failures + 1, now])
