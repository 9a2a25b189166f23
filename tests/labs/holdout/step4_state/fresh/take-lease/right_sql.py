@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    def attempt():
        args = {"job": job, "owner": owner, "now": now, "until": now + ttl}
        got = con.execute("""
            update leases set expires_at = $until, owner = $owner,
                token = token + case when owner = $owner and expires_at > $now then 0 else 1 end
            where job = $job and (owner = $owner or expires_at <= $now)
            returning token
        """, args).fetchone()
        if got is None and not con.execute("select 1 from leases where job = ?", [job]).fetchone():
            got = con.execute("insert into leases by name select $job as job, $owner as owner, 1::bigint as token,"
                              " $until::timestamp as expires_at returning token",
                              {key: args[key] for key in ("job", "owner", "until")}).fetchone()
        return got[0] if got else None

    return _settle(con, attempt, lost=None)


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Write rows under a token: True, or False for a token that is not the newest."""
    def attempt():
        if not con.execute("update leases set token = token where job = ? and token = ? returning token",
                           [job, token]).fetchall():
            return False
        frame = rows  # DuckDB looks for it among this function's variables
        con.execute("insert into exports by name select ? as job, ?::bigint as token, day, revenue_cents from frame", [job, token])
        return True

    return _settle(con, attempt, lost=False)


def _settle(con, attempt, lost):
    """Run attempt in a transaction; a clash with another one means lost."""
    import contextlib

    import duckdb
    con.execute("begin")
    try:
        result = attempt()
        con.execute("commit")
    except Exception as error:
        with contextlib.suppress(duckdb.Error):
            con.execute("rollback")
        clash = isinstance(error, duckdb.TransactionException) or "duplicate key" in str(error).lower()
        if not clash:
            raise
        return lost
    return result
