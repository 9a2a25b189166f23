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
    except duckdb.Error:  # someone else was faster
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
    except duckdb.Error:  # a takeover came in between
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
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
    except duckdb.Error:
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
    except duckdb.Error:
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
    except duckdb.Error:
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
    except duckdb.Error:
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
        con.execute("update leases set owner = owner where job = ?", [f"{job}#{token}"])
        newer = con.execute("select 1 from leases where job = ?", [f"{job}#{token + 1}"]).fetchone()
        if not newer:
            con.execute("insert into exports by name select ? as job, ? as token, * from rows", [job, token])
        con.commit()
        return not newer
    except duckdb.Error:
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
    except duckdb.Error:
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return bool(held)

# %% wrong: tuple-for-a-token -> no-token
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
    except duckdb.Error:
        return None
    return row


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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: write-without-commit -> rows-not-written
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: lease-told-before-the-commit -> not-committed
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: upsert-whoever-comes -> taken-early
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("""
            insert into leases values ($job, $owner, 1, $until)
            on conflict (job) do update set
                token = leases.token + (leases.owner <> excluded.owner)::int,
                owner = excluded.owner, expires_at = excluded.expires_at
            returning token
        """, {"job": job, "owner": owner, "until": now + ttl}).fetchone()
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: expiry-by-the-wall-clock -> taken-early
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("""
            update leases set token = token + (owner <> ?)::int, owner = ?, expires_at = ?
            where job = ? and (owner = ? or expires_at <= now()::timestamp) returning token
        """, [owner, owner, now + ttl, job, owner]).fetchone()
        if row is None:
            row = con.execute("""
                insert into leases values (?, ?, 1, ?) on conflict do nothing returning token
            """, [job, owner, now + ttl]).fetchone()
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: insert-is-the-lock -> loser-raises
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    con.execute("delete from leases where job = ? and owner <> ? and expires_at <= ?", [job, owner, now])
    con.execute("insert into leases values (?, ?, 1, ?)", [job, owner, now + ttl])
    return 1


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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: handles-no-lost-race -> loser-raises
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    if True:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: write-raises-in-a-lost-race -> loser-raises
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Add rows to exports with their token; False, and nothing written, if it is not the newest."""
    if True:
        con.begin()
        # Changing the row is the fence: a takeover changes it, too, and one of the two fails.
        fence = "update leases set token = token where job = ? and token = ? returning token"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    return True

# %% wrong: rollback-after-a-failed-commit -> loser-raises
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        con.rollback()
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: the loser does not roll back -> connection-unusable
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        return False
    return True

# %% wrong: one-lease-for-all -> jobs-mixed
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases order by expires_at desc limit 1").fetchone()
        holder, token, expires_at = row or (None, 0, now)
        if holder != owner and now < expires_at:
            con.rollback()
            return None
        token += holder != owner
        con.execute("delete from leases")
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
        fence = "update leases set token = token where token = ? returning token"
        if con.execute(fence, [token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: newest-token-of-all-jobs -> jobs-mixed
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    stamped = rows.assign(job=job, token=token)
    try:
        con.begin()
        con.execute("update leases set expires_at = expires_at + interval 1 microsecond where job = ?", [job])
        [(newest,)] = con.execute("select max(token) from leases").fetchall()
        if newest == token:
            con.append("exports", stamped, by_name=True)
            con.execute("update leases set expires_at = expires_at - interval 1 microsecond where job = ?", [job])
            con.commit()
            return True
        con.rollback()
    except duckdb.Error:
        pass
    return False

# %% wrong: no-expiry -> never-expires
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        holder, token, expires_at = row or (None, 0, now)
        if holder != owner and holder is not None:
            con.rollback()
            return None
        token += holder != owner
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: token-stays -> token-not-grown
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
        token = max(token, 1)
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: token-starts-again -> token-not-grown
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    try:
        con.begin()
        con.execute("delete from leases where job = ? and expires_at <= ?", [job, now])  # clean up
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        holder, token, expires_at = row or (None, 0, now)
        if holder != owner and now < expires_at:
            con.rollback()
            return None
        token += holder != owner
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: a-try-costs-a-token -> refusal-changes-lease
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("""
            update leases set token = token + (owner <> $owner)::int,
                owner = if(expires_at <= $now, $owner, owner),
                expires_at = if(owner = $owner or expires_at <= $now, $until, expires_at)
            where job = $job returning token, owner
        """, {"owner": owner, "now": now, "until": now + ttl, "job": job}).fetchone()
        if row and row[1] != owner:
            return None
        if row is None:
            row = con.execute("""
                insert into leases values (?, ?, 1, ?) on conflict do nothing returning token
            """, [job, owner, now + ttl]).fetchone()
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: a-try-prolongs-the-lease -> refusal-changes-lease
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
                insert into leases values (?, ?, 1, ?)
                on conflict do update set expires_at = excluded.expires_at returning token, owner
            """, [job, owner, now + ttl]).fetchone()
            if row[1] != owner:
                return None
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: the-owner-is-refused-too -> renewal-refused
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("""
            update leases set token = token + (owner <> ?)::int, owner = ?, expires_at = ?
            where job = ? and expires_at <= ? returning token
        """, [owner, owner, now + ttl, job, now]).fetchone()
        if row is None:
            row = con.execute("""
                insert into leases values (?, ?, 1, ?) on conflict do nothing returning token
            """, [job, owner, now + ttl]).fetchone()
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: a-renewal-is-a-new-token-kept-to-itself -> renewal-refused
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
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token + (holder == owner), now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: renewed-and-not-prolonged -> renewal-not-extended
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
        if holder == owner and now < expires_at:
            con.rollback()
            return token  # still mine
        token += holder != owner
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: no-fencing -> old-token-written
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    return True

# %% wrong: fence-at-the-exports-written-so-far -> old-token-written
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
        con.execute("update leases set token = token where job = ?", [job])
        newest = con.execute("select max(token) from exports where job = ?", [job]).fetchone()[0]
        if newest is not None and token < newest:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: written-then-taken-back -> old-token-written
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    if con.execute("select 1 from leases where job = ? and token = ?", [job, token]).fetchone():
        return True
    con.execute("delete from exports where job = ? and token = ?", [job, token])
    return False

# %% wrong: insert-where-newest-and-always-True -> write-misreports
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
        con.execute("update leases set token = token where job = ?", [job])
        con.execute("""
            insert into exports select l.job, l.token, r.day, r.revenue_cents
            from rows r, leases l where l.job = ? and l.token = ?
        """, [job, token])
        con.commit()
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: rows-written-is-the-answer -> empty-refused
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
        con.execute("update leases set token = token where job = ?", [job])
        (written,) = con.execute("""
            insert into exports select l.job, l.token, r.day, r.revenue_cents
            from rows r, leases l where l.job = ? and l.token = ?
        """, [job, token]).fetchone()
        con.commit()
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return written > 0

# %% wrong: lease-in-a-dictionary -> own-memory
LEASES = {}


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    held_by, token, until = LEASES.get(job, (None, 0, now))
    if held_by != owner and now < until:
        return None
    token += held_by != owner
    LEASES[job] = owner, token, now + ttl
    con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    if LEASES[job][1] != token:
        return False
    con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    return True

# %% wrong: renews-what-it-remembers -> own-memory
MINE = set()


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    if (job, owner) in MINE:
        renewed = con.execute("""
            update leases set expires_at = ? where job = ? and owner = ? returning token
        """, [now + ttl, job, owner]).fetchone()
        return renewed and renewed[0]

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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    MINE.add((job, owner))
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: old-row-deleted-before-the-new-one -> half-a-lease
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    try:
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        holder, token, expires_at = row or (None, 0, now)
        if holder != owner and now < expires_at:
            return None
        token += holder != owner
        con.execute("delete from leases where job = ?", [job])
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: expiry-set-in-a-second-step -> half-a-lease
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
                insert into leases values (?, ?, 1, null) on conflict do nothing returning token
            """, [job, owner]).fetchone()
            if row:
                con.execute("update leases set expires_at = ? where job = ?", [now + ttl, job])
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: rows-one-by-one -> half-written
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    for row in rows.itertuples():
        con.execute("""
            insert into exports select job, token, ?, ? from leases where job = ? and token = ?
        """, [row.day, int(row.revenue_cents), job, token])
    newest = con.execute("select token from leases where job = ?", [job]).fetchone()
    return newest == (token,)

# %% wrong: look-then-update -> two-holders
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
    holder, token, expires_at = row or (None, 0, now)
    if holder != owner and now < expires_at:
        return None
    token += holder != owner
    con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: select-for-a-lock -> two-holders
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        free = con.execute("""
            select 1 from leases where job = ? and (owner = ? or expires_at <= ?)
        """, [job, owner, now]).fetchone()
        row = free and con.execute("""
            update leases set token = token + (owner <> ?)::int, owner = ?, expires_at = ?
            where job = ? returning token
        """, [owner, owner, now + ttl, job]).fetchone()
        if row is None:
            row = con.execute("""
                insert into leases values (?, ?, 1, ?) on conflict do nothing returning token
            """, [job, owner, now + ttl]).fetchone()
    except duckdb.Error:
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: conflict-swallowed-then-commit -> commit-in-vain
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
    except duckdb.Error:
        con.commit()  # leave no transaction open
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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: mark-then-look -> nobody-holds
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    query = "select owner, token, expires_at from leases where job = ?"
    holder, token, expires_at = con.execute(query, [job]).fetchone() or (None, 0, now)
    if holder != owner and now < expires_at:
        return None
    con.execute("""
        insert into leases values (?, ?, 1, ?) on conflict do update set
        owner = excluded.owner, token = leases.token + 1, expires_at = excluded.expires_at
    """, [job, owner, now + ttl])
    mine = con.execute(query, [job]).fetchone()  # was somebody else in between?
    return token + 1 if mine[:2] == (owner, token + 1) else None


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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: select-before-insert -> fence-races
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    con.begin()
    newest = con.execute("select token from leases where job = ?", [job]).fetchone()
    if newest == (token,):
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    con.commit()
    return newest == (token,)

# %% wrong: fence-in-a-transaction-of-its-own -> fence-races
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
    except duckdb.Error:  # someone else was faster; what this transaction did is undone
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
        fence = "update leases set token = token where job = ? and token = ? returning token"
        if con.execute(fence, [job, token]).fetchone() is None:
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    except duckdb.Error:  # a takeover came in between
        return False
    return True

# %% wrong: compare-and-swap-on-the-owner-alone -> two-holders
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row is None:
            con.execute("insert into leases values (?, ?, 1, ?)", [job, owner, now + ttl])
            return 1
        if row[0] != owner and now < row[2]:
            return None
        swapped = con.execute("""
            update leases set owner = ?, token = token + (owner <> ?)::int, expires_at = ?
            where job = ? and owner = ? returning token
        """, [owner, owner, now + ttl, job, row[0]]).fetchone()
    except duckdb.Error:
        return None
    return swapped[0] if swapped else None


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
    except duckdb.Error:  # a takeover came in between
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True
