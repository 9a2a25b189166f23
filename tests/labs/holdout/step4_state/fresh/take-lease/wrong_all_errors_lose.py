@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    import duckdb

    con.begin()
    try:
        lease = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if lease is None:
            token = 1
            con.execute("insert into leases (job, owner, token, expires_at) values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        else:
            held = lease[2] > now
            if held and lease[0] != owner:
                con.rollback()
                return None
            token = lease[1] if held else lease[1] + 1
            con.execute("update leases set owner = ?, token = ?, expires_at = ? where job = ?", [owner, token, now + ttl, job])
        con.commit()
        return token
    except BaseException as error:
        try:
            con.rollback()
        except duckdb.Error:
            pass  # a failed COMMIT has rolled back already
        lost = isinstance(error, duckdb.TransactionException) or (
            isinstance(error, duckdb.ConstraintException) and "duplicate key" in str(error).lower())
        return None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Write rows under a token: True, or False for a token that is not the newest."""
    import duckdb

    con.begin()
    try:
        fenced = con.execute("update leases set token = token where job = ? and token = ?", [job, token]).fetchone()
        if fenced == (0,):
            con.rollback()
            return False
        con.execute("insert into exports (job, token, day, revenue_cents) select ?, ?, day, revenue_cents from rows",
                    [job, token])
        con.commit()
        return True
    except BaseException as error:
        try:
            con.rollback()
        except duckdb.Error:
            pass
        if isinstance(error, duckdb.TransactionException):
            return False
        raise
