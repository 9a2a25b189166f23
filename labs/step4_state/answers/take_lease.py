# %% reference
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    given = {"job": job, "owner": owner, "now": now, "until": now + ttl}
    try:  # one statement, so that nobody can come in between
        row = con.execute("""
            insert into leases values ($job, $owner, 1, $until)
            on conflict (job) do update set
                token = leases.token + (leases.owner <> $owner)::int,
                owner = $owner, expires_at = $until
            where leases.owner = $owner or leases.expires_at <= $now
            returning token
        """, given).fetchone()
    except (duckdb.TransactionException, duckdb.ConstraintException):  # someone else was faster
        return None
    return row[0] if row else None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Add rows to exports with their token; False, and nothing written, if it is not the newest."""
    import duckdb

    try:
        con.begin()
        # Changing the row is the fence: a takeover changes it, too, and one of the two fails.
        fence = "update leases set token = token where job = ? and token = ? returning token"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% other: look, then delete and insert, all in one transaction
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        holder, token, expires_at = row or (None, 0, now)
        if holder != owner and now < expires_at:
            con.rollback()
            return None
        token += holder != owner
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Add rows to exports with their token; False, and nothing written, if it is not the newest."""
    import duckdb

    try:
        con.begin()
        # Changing the row is the fence: a takeover changes it, too, and one of the two fails.
        fence = "update leases set token = token where job = ? and token = ? returning token"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% other: compare and swap, one UPDATE, else one INSERT, each by itself
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("""
            update leases set token = token + (owner <> ?)::int, owner = ?, expires_at = ?
            where job = ? and (owner = ? or expires_at <= ?) returning token
        """, [owner, owner, now + ttl, job, owner, now]).fetchone()
        if row is None:
            row = con.execute("""
                insert into leases values (?, ?, 1, ?) on conflict do nothing returning token
            """, [job, owner, now + ttl]).fetchone()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        return None
    return row[0] if row else None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.execute("begin")
        newest = con.execute("select token from leases where job = ?", [job]).fetchone()
        con.execute("update leases set owner = owner where job = ?", [job])
        if newest != (token,):
            con.execute("rollback")
            return False
        for row in rows.itertuples():
            con.execute("insert into exports values (?, ?, ?, ?)", [job, token, row.day, int(row.revenue_cents)])
        con.execute("commit")
        return True
    except duckdb.TransactionException:
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False

# %% other: a transaction around an upsert, the fence moves the expiry and back
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("""
            insert into leases values ($job, $owner, 1, $until)
            on conflict (job) do update set
                token = leases.token + (leases.owner <> excluded.owner)::int,
                owner = excluded.owner, expires_at = excluded.expires_at
            where leases.owner = excluded.owner or leases.expires_at < $now
            returning token
        """, {"job": job, "owner": owner, "until": now + ttl, "now": now}).fetchone()
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return row[0] if row else None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    stamped = rows.assign(job=job, token=token)
    try:
        con.begin()
        con.execute("update leases set expires_at = expires_at + interval 1 microsecond where job = ?", [job])
        [(newest,)] = con.execute("select max(token) from leases where job = ?", [job]).fetchall()
        if newest == token:
            con.append("exports", stamped, by_name=True)
            con.execute("update leases set expires_at = expires_at - interval 1 microsecond where job = ?", [job])
            con.commit()
            return True
        con.rollback()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
    return False

# %% other: a log with one row for each token
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """One row for each token, under the key JOB#TOKEN: whoever inserts the next one has it."""
    import duckdb

    last = con.execute("""
        select owner, token, expires_at from leases where job ^@ ? order by token desc limit 1
    """, [job + "#"]).fetchone()
    held_by, token, until = last or (None, 0, now)
    try:
        if held_by == owner:
            renewed = con.execute("""
                update leases set expires_at = ? where job = ? and expires_at = ? returning token
            """, [now + ttl, f"{job}#{token}", until]).fetchone()
            return token if renewed else None
        if now < until:
            return None
        con.begin()
        if last:  # the old row is closed for ever: a write or a renewal under way meets this
            closed = con.execute("""
                update leases set expires_at = '1970-01-01' where job = ? and expires_at = ? returning 1
            """, [f"{job}#{token}", until]).fetchone()
            if closed is None:
                con.rollback()
                return None
        con.execute("insert into leases values (?, ?, ?, ?)", [f"{job}#{token + 1}", owner, token + 1, now + ttl])
        con.commit()
        return token + 1
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        given = "update leases set owner = owner where job = ? returning 1"
        newest = con.execute(given, [f"{job}#{token}"]).fetchone()
        newest = newest and not con.execute("select 1 from leases where job = ?", [f"{job}#{token + 1}"]).fetchone()
        if newest:
            con.execute("insert into exports by name select ? as job, ? as token, * from rows", [job, token])
        con.commit()
        return bool(newest)
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False

# %% other: MERGE decides and is tried again, the fence takes the row out and puts it back
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    for _ in range(3):
        try:
            told = con.execute("""
                merge into leases t
                using (select ?::varchar as job, ?::varchar as owner, ?::timestamp as now, ?::timestamp as until) s
                on t.job = s.job
                when matched and t.owner = s.owner then update set expires_at = s.until
                when matched and t.expires_at <= s.now then
                    update set owner = s.owner, token = t.token + 1, expires_at = s.until
                when not matched then insert values (s.job, s.owner, 1, s.until)
                returning token
            """, [job, owner, now, now + ttl]).fetchone()
            return told[0] if told else None
        except duckdb.TransactionException:
            continue
    return None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    con.begin()
    try:
        held = con.execute("select owner, expires_at from leases where job = ? and token = ?", [job, token]).fetchone()
        if held:
            con.execute("delete from leases where job = ?", [job])
            con.execute("insert into leases values (?, ?, ?, ?)", [job, held[0], token, held[1]])
            con.register("incoming", rows)
            con.execute("insert into exports select ?, ?, day, revenue_cents from incoming", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return bool(held)
