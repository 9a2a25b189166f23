# %% other: opened_at holds the time at which it is over
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    row = con.execute("select opened_at, state from breakers where name = ?", [name]).fetchone()
    if row is None or row[0] is None:
        return True
    if row[1] == "probe" or now < row[0]:
        return False
    con.execute("update breakers set state = 'probe' where name = ?", [name])
    return True


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    row = con.execute("select opened_at, state, failures from breakers where name = ?", [name]).fetchone()
    until, state, failures = row or (None, "", 0)
    if until is not None and state != "probe":
        return
    failures = 0 if ok else failures + 1
    shut = not ok and (state == "probe" or failures >= fail_max)
    con.execute("insert or replace into breakers values (?, '', ?, ?)", [name, failures, now + reset_after if shut else None])

# %% other: a table of events, the state is folded from it
def folded(con, name, fail_max, reset_after):
    con.execute("create table if not exists breaker_events (n bigint, name varchar, what varchar, moment double)")
    state, failures, opened = "closed", 0, 0.0
    for what, at in con.execute("select what, moment from breaker_events where name = ? order by n", [name]).fetchall():
        if what == "probe":
            state = "half-open"
        elif state != "open":
            failures = 0 if what == "ok" else failures + 1
            if what == "ok":
                state = "closed"
            elif state == "half-open" or failures >= fail_max:
                state, opened = "open", at
    return state, opened


def note(con, name, what, now):
    con.execute("insert into breaker_events select count(*), ?, ?, ? from breaker_events", [name, what, now])


@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    state, opened = folded(con, name, fail_max, reset_after)
    if state == "open" and now - opened >= reset_after:
        note(con, name, "probe", now)
        return True
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    folded(con, name, fail_max, reset_after)
    note(con, name, "ok" if ok else "failed", now)

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
        save(con, name, {**row, "state": state})
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
        con.execute("update breakers set state = 'half-open' where name = ?", [name])
        return True
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
    con.execute("update breakers set state = 'HALF' where name = ?", [name])
    return 1


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
        con.execute("update breakers set state = 'half-open', opened_at = ? where name = ?", [now, name])
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: cursors, and rollback where nothing changes
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
        con.execute("update breakers set state = 'half-open' where name = ?", [name])
        return True
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
    con.execute("update breakers set state = 'waiting' where name = ?", [name])
    return True


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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% other: state and time read together, the row replaced at the end
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: two successes close it -> closes-never
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
    if ok and state == "half-open" and failures > 0:
        con.execute("update breakers set failures = 0 where name = ?", [name])
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: a success takes one failure back -> opens-too-soon
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
    failures = max(failures - 1, 0) if ok else failures + 1
    if ok and state == "half-open":
        failures = 0
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: minutes -> half-opens-early
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after / 60:
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: the seconds are cut -> half-opens-early
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + int(reset_after):
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: the machine's own clock -> half-opens-never
import time

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
    row = [name, "open" if opens else "closed", failures, time.time() if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: the row is deleted when its time is over -> probes-many
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        con.execute("delete from breakers where name = ?", [name])
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: two probes -> probes-many
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        con.execute("update breakers set state = 'half' where name = ?", [name])
        return True
    if state == "half":
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
    opens = not ok and (state in ("half", "half-open") or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: only update, never insert -> opens-never
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
    row = ["open" if opens else "closed", failures, now if opens else None, name]
    con.execute("update breakers set state = ?, failures = ?, opened_at = ? where name = ?", row)

# %% wrong: rolled back -> opens-never
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.begin()
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)
    con.rollback()

# %% wrong: names by their first letters -> names-mixed
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    name = name[:4]
    query = "select state, opened_at from breakers where name = ?"
    state, opened_at = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open" and now >= opened_at + reset_after:
        con.execute("update breakers set state = 'half-open' where name = ?", [name])
        return True
    return state == "closed"


@lab.exercise("call-breaker")
def record(con, name, ok, now, fail_max, reset_after):
    name = name[:4]
    query = "select state, failures from breakers where name = ?"
    state, failures = con.execute(query, [name]).fetchone() or ("closed", 0)
    if state == "open":
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: while open every failure counts and moves the time -> late-result-counts
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
        if not ok:
            con.execute("update breakers set failures = failures + 1, opened_at = ? where name = ?", [now, name])
        return
    failures = 0 if ok else failures + 1
    opens = not ok and (state == "half-open" or failures >= fail_max)
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: the open time doubles with each failed probe -> half-opens-never
@lab.exercise("call-breaker")
def allow(con, name, now, fail_max, reset_after):
    query = "select state, opened_at, failures from breakers where name = ?"
    state, opened_at, failures = con.execute(query, [name]).fetchone() or ("closed", 0, 0)
    if state == "open" and now >= opened_at + reset_after * 2 ** max(failures - fail_max, 0):
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
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)

# %% wrong: a failed probe is a first failure -> probe-failure-ignored
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
    failures = 0 if ok else 1 if state == "half-open" else failures + 1
    opens = not ok and failures >= fail_max
    row = [name, "open" if opens else "closed", failures, now if opens else None]
    con.execute("insert or replace into breakers values (?, ?, ?, ?)", row)
