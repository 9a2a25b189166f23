@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    with _Turn(con) as turn:
        lease = turn.one("select * from leases where job = ?", job)
        if lease is None:
            turn.do("insert into leases by name select ?::varchar as job, ?::varchar as owner, ?::bigint as token, ?::timestamp as expires_at",
                    job, owner, 1, now + ttl)
            turn.result = 1
        elif lease["expires_at"] <= now or lease["owner"] == owner:
            fresh = lease["token"] + (lease["expires_at"] <= now)
            turn.do("update leases set owner = ?, token = ?, expires_at = ? where job = ? and token = ?",
                    owner, fresh, now + ttl, job, lease["token"])
            turn.result = fresh
    return turn.result


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Write rows under a token: True, or False for a token that is not the newest."""
    days = con.execute("select day, revenue_cents from rows").fetchall()
    with _Turn(con) as turn:
        newest = turn.one("select token from leases where job = ?", job)
        if newest is not None and newest["token"] == token:
            turn.do("update leases set token = token where job = ?", job)
            for day, cents in days:
                turn.do("insert into exports (job, token, day, revenue_cents) values (?, ?, ?, ?)", job, token, day, cents)
            turn.result = True
    return bool(turn.result)


class _Turn:
    """One transaction. Whoever clashes has lost: result stays None."""

    def __init__(self, con):
        self.con, self.result = con, None

    def do(self, sql, *args):
        return self.con.execute(sql, list(args))

    def one(self, sql, *args):
        cursor = self.do(sql, *args)
        names = [column[0] for column in cursor.description]
        row = cursor.fetchone()
        return dict(zip(names, row)) if row else None

    def __enter__(self):
        self.con.begin()
        return self

    def __exit__(self, kind, error, trace):
        import duckdb
        if kind is None:
            try:
                self.con.commit()
                return
            except duckdb.Error as failed:
                error = failed
        try:
            self.con.rollback()
        except duckdb.Error:
            pass
        self.result = None
        if isinstance(error, duckdb.TransactionException) or isinstance(error, duckdb.ConstraintException) and "uplicate key" in str(error):
            return True
        if kind is None:
            raise error
