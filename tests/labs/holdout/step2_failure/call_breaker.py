# %% other: opened_at holds the time at which it is over
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select opened_at, state from breakers where name = ?", [name]).fetchone()
    if row is None or row[0] is None:
        return True
    if row[1] == "probe" or now < row[0]:
        return False
    claim = "update breakers set state = 'probe' where name = ? and state <> 'probe' returning name"
    return con.execute(claim, [name]).fetchone() is not None


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = con.execute("select opened_at, state, failures from breakers where name = ?", [name]).fetchone()
    until, state, failures = row or (None, "", 0)
    if until is not None and state != "probe":
        return
    failures = 0 if ok else failures + 1
    shut = not ok and (state == "probe" or failures >= fail_max)
    con.execute("insert or replace into breakers values (?, '', ?, ?)", [name, failures, now + reset_after if shut else None])

# %% other: pandas reads, a dict of moves decides
def load(con, name):
    found = con.execute("select state, failures, opened_at from breakers where name = ?", [name]).df()
    return found.iloc[0].to_dict() if len(found) else {"state": "closed", "failures": 0, "opened_at": 0.0}


def save(con, name, row):
    con.begin()
    con.execute("delete from breakers where name = ?", [name])
    con.execute("insert into breakers values (?, ?, ?, ?)", [name, row["state"], int(row["failures"]), float(row["opened_at"])])
    con.commit()


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = load(con, name)
    due = row["opened_at"] + reset_after <= now
    answer, state = {"closed": (True, "closed"), "open": (due, "half-open" if due else "open"), "half-open": (False, "half-open")}[row["state"]]
    if state != row["state"]:
        changed = con.execute("update breakers set state = ? where name = ? and state = ? returning 1", [state, name, row["state"]]).df()
        return len(changed) == 1
    return bool(answer)


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = load(con, name)
    if row["state"] == "open":
        return row
    if ok:
        row = {"state": "closed", "failures": 0, "opened_at": 0.0}
    else:
        row["failures"] += 1
        if row["state"] == "half-open" or row["failures"] >= fail_max:
            row.update(state="open", opened_at=now)
    save(con, name, row)
    return row

# %% other: a success while closed writes nothing, a closing deletes the row
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(claim, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    if ok:
        con.execute("delete from breakers where name = ? and failures > 0", [name])
        return
    failures += 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: allow answers 1 and 0, words in capitals
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select state, opened_at from breakers where name = ?", [name]).fetchone()
    if row is None or row[0] == "CLOSED":
        return 1
    if row[0] == "HALF" or now < row[1] + reset_after:
        return 0
    return len(con.execute("update breakers set state = 'HALF' where name = ? and state = 'OPEN' returning 1", [name]).fetchall())


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("CLOSED", 0)
    if state == "OPEN":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "HALF" or failures >= fail_max)
    row = [name, "OPEN" if opens else "CLOSED", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: a probe that never reports is followed by another one
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state != "closed" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open', opened_at = ? where name = ? and opened_at = ? returning 1"
        return con.execute(claim, [now, name, opened_at]).fetchone() == (1,)
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: cursors, and rollback where nothing changes
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(claim, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    cur = con.cursor()
    cur.begin()
    cur.execute("insert or ignore into breakers values (?, 'closed', 0, null)", [name])
    state, failures = cur.execute("select state, failures from breakers where name = ?", [name]).fetchone()
    if state == "open":
        cur.rollback()
        return
    if ok:
        cur.execute("update breakers set state = 'closed', failures = 0 where name = ?", [name])
    elif state == "half-open" or failures + 1 >= fail_max:
        cur.execute("update breakers set state = 'open', failures = ?, opened_at = ? where name = ?", [failures + 1, now, name])
    else:
        cur.execute("update breakers set failures = failures + 1 where name = ?", [name])
    cur.commit()

# %% other: one CASE for everything, merge
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(claim, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    con.execute("""
        merge into breakers b using (select $name as name, $ok as ok, $now as now) e on b.name = e.name
        when matched and b.state = 'open' then do nothing
        when matched and e.ok then update set state = 'closed', failures = 0
        when matched and (b.state = 'half-open' or b.failures + 1 >= $most)
            then update set state = 'open', failures = b.failures + 1, opened_at = e.now
        when matched then update set failures = b.failures + 1
        when not matched then insert values (e.name, case when not e.ok and $most <= 1 then 'open' else 'closed' end,
            case when e.ok then 0 else 1 end, e.now)
    """, {"name": name, "ok": bool(ok), "now": now, "most": fail_max})

# %% other: fail_max is looked at when somebody asks
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select state, failures, opened_at from breakers where name = ?", [name]).fetchone()
    if not row or row[1] < fail_max:
        return True
    if row[0] == "waiting":
        return False
    if now - row[2] < reset_after:
        return False
    claim = "update breakers set state = 'waiting' where name = ? and state = '' returning name"
    return bool(con.execute(claim, [name]).fetchall())


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = con.execute("select state, failures from breakers where name = ?", [name]).fetchone() or ("", 0)
    if row[1] >= fail_max and row[0] != "waiting":
        return
    failed = 0 if ok else (fail_max if row[0] == "waiting" else row[1] + 1)
    con.execute("insert into breakers values (?, '', ?, ?) on conflict (name) do update set state = '', failures = excluded.failures, opened_at = excluded.opened_at", [name, failed, now])

# %% other: a cache in the process that is checked against the table each time
seen = {}

@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    seen[name] = now
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(claim, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: state and time read together, the row replaced at the end
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        claim = "update breakers set state = 'half-open' where name = ? and state = 'open' returning name"
        return con.execute(claim, [name]).fetchone() is not None
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: one statement each: update … returning, insert … on conflict with case
failures = {}


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    """Whether a call may go out."""
    trial = con.execute("""
        update breakers set state = 'half-open'
        where name = ? and state = 'open' and opened_at + ? <= ?
        returning name
    """, [name, reset_after, now]).fetchone()
    if trial:
        return True
    row = con.execute("select state from breakers where name = ?", [name]).fetchone()
    return row is None or row[0] == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    if ok:
        con.execute("""
            update breakers set state = 'closed', failures = 0, opened_at = null
            where name = ? and state <> 'open'
        """, [name])
        return
    con.execute("""
        insert into breakers values ($name, case when 1 >= $most then 'open' else 'closed' end, 1,
                                     case when 1 >= $most then $now::double end)
        on conflict (name) do update set
            failures = case when breakers.state = 'open' then breakers.failures
                            else breakers.failures + 1 end,
            opened_at = case when breakers.state = 'half-open' then $now
                             when breakers.state = 'closed' and breakers.failures + 1 >= $most then $now
                             else breakers.opened_at end,
            state = case when breakers.state = 'closed' and breakers.failures + 1 < $most then 'closed'
                         else 'open' end
    """, {"name": name, "most": fail_max, "now": now})

# %% other: read, decide in Python, write, in a transaction; a conflict comes out as an error
failures = {}


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    """Whether a call may go out."""
    con.execute("begin")
    try:
        row = con.execute("select state, opened_at from breakers where name = ?", [name]).fetchone()
        may = True
        if row is not None and row[0] == "half-open":
            may = False
        elif row is not None and row[0] == "open":
            may = now - row[1] > reset_after
            if may:
                con.execute("update breakers set state = 'half-open' where name = ? and state = 'open'", [name])
        con.execute("commit")
    except Exception:
        con.execute("rollback")
        raise
    return may


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    con.execute("begin")
    try:
        row = con.execute("select state, failures, opened_at from breakers where name = ?", [name]).fetchone()
        state, count, opened_at = row or ("closed", 0, None)
        if state != "open":
            if ok:
                state, count, opened_at = "closed", 0, None
            else:
                count += 1
                if state == "half-open" or count >= fail_max:
                    state, opened_at = "open", now
            if row is None:
                con.execute("insert into breakers values (?, ?, ?, ?)", [name, state, count, opened_at])
            else:
                con.execute("update breakers set state = ?, failures = ?, opened_at = ? where name = ?",
                            [state, count, opened_at, name])
        con.execute("commit")
    except Exception:
        con.execute("rollback")
        raise

# %% other: class with compare-and-swap; a lost trial is given again after reset_after
failures = {}


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    """Whether a call may go out."""
    return Breaker(con, name, fail_max, reset_after).may_go(now)


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    Breaker(con, name, fail_max, reset_after).went(bool(ok), now)


class Breaker:
    """One row of the table; each change is a compare-and-swap on what was read."""

    def __init__(self, con, name, fail_max, reset_after):
        self.con, self.name, self.fail_max, self.reset_after = con, name, fail_max, reset_after

    def read(self):
        self.con.execute("insert into breakers values (?, 'closed', 0, 0) on conflict do nothing", [self.name])
        return self.con.execute(
            "select state, failures, opened_at from breakers where name = ?", [self.name]).fetchone()

    def swap(self, old, new):
        return self.con.execute("""
            update breakers set state = ?, failures = ?, opened_at = ?
            where name = ? and state = ? and failures = ? and opened_at = ? returning 1
        """, [*new, self.name, *old]).fetchone() is not None

    def may_go(self, now):
        old = self.read()
        state, failures, since = old
        if state == "closed":
            return True
        if now < since + self.reset_after:
            return False
        # open for long enough, or a trial whose result was lost for just as long
        return self.swap(old, ("trial", failures, now))

    def went(self, ok, now):
        while True:
            old = self.read()
            state, failures, since = old
            if state == "open":
                return
            if ok:
                new = ("closed", 0, 0)
            elif state == "trial" or failures + 1 >= self.fail_max:
                new = ("open", failures + 1, now)
            else:
                new = ("closed", failures + 1, since)
            if self.swap(old, new):
                return
