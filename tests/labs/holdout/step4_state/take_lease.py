# %% other: a token from the clock, taken as the lease begins
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import datetime as dt

    import duckdb

    token = int((now - dt.datetime(1970, 1, 1)).total_seconds() * 1_000_000)
    try:
        con.begin()
        rows = con.execute("from leases where job = ?", [job]).fetchall()
        if rows and rows[0][1] != owner and rows[0][3] >= now:
            con.rollback()
            return None
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        con.execute("update leases set job = job where job = ?", [job])
        if con.execute("select token from leases where job = ?", [job]).fetchall() != [(token,)]:
            con.rollback()
            return False
        con.executemany("insert into exports values (?, ?, ?, ?)",
                        [[job, token, day.date(), int(cents)] for day, cents in rows.values.tolist()])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% other: a sequence of the database hands out the tokens
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    con.execute("create sequence if not exists tokens")
    (token,) = con.execute("select nextval('tokens')").fetchone()
    try:
        row = con.execute("""
            insert into leases values (?, ?, ?, ?) on conflict (job) do update
            set owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at
            where leases.owner = excluded.owner or leases.expires_at <= ? returning token
        """, [job, owner, token, now + ttl, now]).fetchone()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        return None
    return None if row is None else row[0]


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.execute("begin; update leases set owner = owner;")
        fresh = con.execute("select count(*) from leases where job = ? and token = ?", [job, token]).fetchone()[0]
        if fresh:
            con.execute("insert into exports select ?, ?, * from rows", [job, token])
        con.execute("commit")
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return fresh == 1

# %% other: every renewal is a new token, tokens go up in tens
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    cursor = con.cursor()
    try:
        cursor.begin()
        held = cursor.execute("select * from leases where job = ?", [job]).df()
        if held.empty:
            cursor.execute("insert into leases values (?, ?, 10, ?)", [job, owner, now + ttl])
            token = 10
        elif held.owner[0] == owner or held.expires_at[0] < now:
            token = int(held.token[0]) + 10
            cursor.execute("delete from leases where job = ?", [job])
            cursor.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        else:
            token = None
        cursor.commit()
        return token
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    finally:
        cursor.close()


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    cursor = con.cursor()
    try:
        cursor.begin()
        cursor.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        if cursor.execute("update leases set token = ? where job = ? and token = ? returning 1", [token, job, token]).fetchall():
            cursor.commit()
            return True
    except (duckdb.TransactionException, duckdb.ConstraintException):
        pass
    finally:
        cursor.close()
    return False

# %% other: a lease in a table of its own, leases only mirrors it
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.execute("create table if not exists claims (job varchar, token bigint, owner varchar, until_ timestamp, primary key (job, token))")
        con.execute("create table if not exists heads (job varchar primary key, token bigint unique)")
        con.execute("begin")
        last = con.execute("select owner, token, until_ from claims where job = ? order by token desc", [job]).fetchone()
        if last and last[0] == owner:
            token = last[1]
            con.execute("update claims set until_ = ?, token = token where job = ? and token = ?", [now + ttl, job, token])
        elif last and last[2] > now:
            con.execute("rollback")
            return None
        else:
            token = last[1] + 1 if last else 1
            con.execute("insert into claims values (?, ?, ?, ?)", [job, token, owner, now + ttl])
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.execute("commit")
        return token
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
        con.execute("begin")
        newest = con.execute("select max(token) from claims where job = ?", [job]).fetchone()[0]
        con.execute("update leases set job = job where job = ?", [job])
        if newest == token:
            con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.execute("commit")
        return newest == token
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False

# %% other: loser waits for nobody, tries five times
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    for _ in range(5):
        con.begin()
        try:
            row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
            if row is None:
                con.execute("insert into leases values (?, ?, 0, ?)", [job, owner, now + ttl])
                token = 0
            elif row[0] == owner:
                con.execute("update leases set expires_at = ? where job = ?", [now + ttl, job])
                token = row[1]
            elif row[2] <= now:
                token = row[1] + 1
                con.execute("update leases set owner = ?, token = ?, expires_at = ? where job = ?", [owner, token, now + ttl, job])
            else:
                token = None
            con.commit()
            return token
        except (duckdb.TransactionException, duckdb.ConstraintException):
            try:
                con.rollback()
            except duckdb.Error:
                pass
    return None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    for _ in range(5):
        try:
            con.begin()
            fence = con.execute("update leases set expires_at = expires_at where job = ? and token = ?", [job, token]).fetchone()
            if fence[0] == 0:
                con.rollback()
                return False
            con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
            con.commit()
            return True
        except duckdb.TransactionException:
            try:
                con.rollback()
            except duckdb.Error:
                pass
    return False

# %% other: one statement writes rows, the fence is a delete that is rolled into a merge
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    until = now + ttl
    try:
        con.begin()
        con.execute("insert or ignore into leases values (?, '', 0, '-infinity')", [job])
        changed = con.execute("""
            update leases set token = if(owner = $o, token, token + 1), owner = $o, expires_at = $u
            where job = $j and (owner = $o or $n > expires_at)
        """, {"o": owner, "u": until, "j": job, "n": now}).fetchone()[0]
        token = con.execute("select token from leases where job = ?", [job]).fetchone()[0]
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token if changed else None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        taken = con.execute("delete from leases where job = ? and token = ? returning *", [job, token]).fetchall()
        for lease in taken:
            con.execute("insert into leases values (?, ?, ?, ?)", list(lease))
            con.execute("insert into exports by name select ? as job, ? as token, * from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return len(taken) > 0

# %% other: an object does the work, a context manager holds the transaction
import contextlib

import duckdb


class Lost(Exception):
    pass


@contextlib.contextmanager
def transaction(con):
    con.execute("BEGIN TRANSACTION")
    try:
        yield con
        con.execute("COMMIT")
    except (duckdb.TransactionException, duckdb.ConstraintException) as error:
        with contextlib.suppress(duckdb.Error):
            con.execute("ROLLBACK")
        raise Lost from error
    except Lost:
        con.execute("ROLLBACK")
        raise


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    try:
        with transaction(con):
            found = con.execute("select * from leases where job = $1", [job]).fetchone()
            if found is None:
                token = 100
            elif found[1] == owner:
                token = found[2]
            elif now > found[3]:
                token = found[2] + 7
            else:
                raise Lost
            con.execute("insert or replace into leases by name select $1 as job, $2 as token, $3::timestamp as expires_at, $4 as owner",
                        [job, token, now + ttl, owner])
    except Lost:
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    try:
        with transaction(con):
            con.execute("update leases set token = -token where job = $1", [job])
            con.execute("update leases set token = -token where job = $1", [job])
            if con.execute("select token from leases where job = $1", [job]).fetchall() != [(token,)]:
                raise Lost
            con.append("exports", rows.assign(job=job, token=token)[["job", "token", "day", "revenue_cents"]]) if len(rows) else None
    except Lost:
        return False
    return True

# %% other: the row is made once and never deleted, compare and swap on the whole of it
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.execute("insert into leases select ?, null, 0, null where not exists (from leases where job = ?)", [job, job])
        seen = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if seen[0] not in (None, owner) and seen[2] > now:
            return None
        token = seen[1] + (seen[0] != owner)
        swapped = con.execute("""
            update leases set owner = ?, token = ?, expires_at = ?
            where job = ? and owner is not distinct from ? and token = ? and expires_at is not distinct from ?
        """, [owner, token, now + ttl, job, *seen]).fetchone()
        return token if swapped[0] == 1 else None
    except (duckdb.TransactionException, duckdb.ConstraintException):
        return None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    con.register("batch", rows)
    try:
        con.execute("begin")
        row = con.execute("select * from leases where job = ?", [job]).fetchone() or (job, "nobody")
        same = con.execute("update leases set owner = ? where job = ? and token = ?", [row[1], job, token]).fetchone()
        con.execute("insert into exports select ?, ?, day::date, revenue_cents::bigint from batch where ? = 1", [job, token, same[0]])
        con.execute("commit")
        return bool(same[0])
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return 0

# %% other: whole tables replaced
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        leases = con.execute("from leases").df()
        mine = leases[leases.job == job]
        if len(mine) and mine.owner.iloc[0] != owner and mine.expires_at.iloc[0] > now:
            con.rollback()
            return None
        token = 1 if mine.empty else mine.token.iloc[0] + (mine.owner.iloc[0] != owner)
        con.execute("delete from leases")
        others = leases[leases.job != job]
        con.execute("insert into leases from others")
        con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, int(token), now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        con.execute("create or replace temp table keep as from leases")
        con.execute("delete from leases")
        con.execute("insert into leases from keep")
        ok = con.execute("select token from keep where job = ?", [job]).fetchone() == (token,)
        if ok:
            con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
        return ok
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False

# %% other: seconds since the epoch in the comparison, tokens as floats of whole numbers
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        rows = con.execute("""
            insert into leases values (?, ?, 1, to_timestamp(?)::timestamp)
            on conflict do update set
                owner = excluded.owner, expires_at = excluded.expires_at,
                token = case leases.owner when excluded.owner then leases.token else leases.token + 1 end
            where leases.owner = excluded.owner or epoch(leases.expires_at) < ?
            returning token
        """, [job, owner, _seconds(now + ttl), _seconds(now)]).fetchall()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        rows = []
    for (token,) in rows:
        return float(token)


def _seconds(moment):
    import datetime as dt

    return moment.replace(tzinfo=dt.timezone.utc).timestamp()


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        (touched,) = con.execute("update leases set token = ?::bigint where (job, token) = (?, ?::bigint)", [token, job, token]).fetchone()
        if touched:
            con.execute("insert into exports select ?, ?::bigint, day, revenue_cents from rows", [job, token])
            con.commit()
        else:
            con.rollback()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return "written" if touched else ""

# %% other: one conditional UPDATE with RETURNING, a helper below the functions
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

# %% wrong: commits before it has compared -> race-broken
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        con.commit()
        if row and row[0] != owner and row[2] > now:
            return None
        con.begin()
        if row is None:
            con.execute("insert into leases values (?, ?, 1, ?)", [job, owner, now + ttl])
            token = 1
        else:
            token = row[1] + (row[0] != owner)
            con.execute("update leases set owner = ?, token = ?, expires_at = ? where job = ?", [owner, token, now + ttl, job])
        con.commit()
        return token
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
        if con.execute("update leases set token = token where job = ? and token = ? returning 1", [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: rows in two commits -> half-done
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        first, rest = rows.head(1), rows.tail(-1)
        con.execute("insert into exports select ?, ?, day, revenue_cents from first", [job, token])
        con.commit()
        con.begin()
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rest", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: swallows every error and says True -> error-swallowed
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
    except (duckdb.TransactionException, duckdb.ConstraintException):
        pass
    con.commit()
    return True

# %% wrong: True in a lost race -> write-misreports
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        pass
    return True

# %% wrong: owner set first, token afterwards -> half-done
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        if row is None:
            con.execute("insert into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        else:
            con.execute("update leases set owner = ?, expires_at = ? where job = ?", [owner, now + ttl, job])
            con.execute("update leases set token = ? where job = ?", [token, job])
    except (duckdb.TransactionException, duckdb.ConstraintException):
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: a busy flag around the write -> half-done
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and (row[2] > now or con.execute("select 1 from exports where job = 'busy ' || ?", [job]).fetchone()):
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    con.execute("insert into exports values ('busy ' || ?, 0, null, null)", [job])
    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    finally:
        con.execute("delete from exports where job = 'busy ' || ?", [job])
    return True

# %% wrong: no rows, nothing to do -> write-misreports
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    if rows.empty:
        return False
    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: empty frames pass without a look -> write-misreports
@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        token = 1 if row is None else row[1] + (row[0] != owner)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    if rows.empty:
        return True
    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% wrong: tokens counted in the process -> token-not-grown
import itertools

TOKENS = itertools.count(1)


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    import duckdb

    try:
        con.begin()
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row and row[0] != owner and row[2] > now:
            con.rollback()
            return None
        # only two processes show it: the second one starts again at 1
        token = row[1] if row and row[0] == owner else next(TOKENS)
        con.execute("insert or replace into leases values (?, ?, ?, ?)", [job, owner, token, now + ttl])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return None
    return token


@lab.exercise("take-lease")
def write(con, job, token, rows):
    import duckdb

    try:
        con.begin()
        fence = "update leases set token = token where job = ? and token = ? returning 1"
        if con.execute(fence, [job, token]).fetchone() is None:
            con.rollback()
            return False
        con.execute("insert into exports select ?, ?, day, revenue_cents from rows", [job, token])
        con.commit()
    except (duckdb.TransactionException, duckdb.ConstraintException):
        try:
            con.rollback()
        except duckdb.Error:  # a failed COMMIT has undone it already
            pass
        return False
    return True

# %% other: read, decide, change under the old token; the fence is an UPDATE before the rows
import duckdb


def give_up(con):
    try:
        con.rollback()
    except duckdb.TransactionException:
        pass  # a COMMIT that failed has left nothing to undo


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease: its token, or None if someone else holds it."""
    con.begin()
    try:
        row = con.execute("select owner, token, expires_at from leases where job = ?", [job]).fetchone()
        if row is None:
            token = 1
            con.execute("insert into leases (job, owner, token, expires_at) values (?, ?, 1, ?)",
                        [job, owner, now + ttl])
        else:
            holder, token, end = row
            if holder != owner and end > now:
                con.rollback()
                return None
            old, token = token, token if holder == owner else token + 1
            con.execute("update leases set owner = ?, token = ?, expires_at = ? where job = ? and token = ?",
                        [owner, token, now + ttl, job, old])
        con.commit()
        return token
    except (duckdb.TransactionException, duckdb.ConstraintException):
        give_up(con)  # somebody was faster
        return None
    except BaseException:
        give_up(con)
        raise


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Add rows, if the token is the newest; the UPDATE is the fence that clashes with a takeover."""
    con.begin()
    try:
        fence = con.execute("update leases set token = token where job = ? and token = ? returning token",
                            [job, token]).fetchall()
        if not fence:
            con.rollback()
            return False
        con.execute("""
            insert into exports (job, token, day, revenue_cents)
            select ?, ?, day::date, revenue_cents::bigint from rows
        """, [job, token])
        con.commit()
        return True
    except duckdb.TransactionException:
        give_up(con)
        return False
    except BaseException:
        give_up(con)
        raise

# %% wrong: a renewal adds ttl to the old end, not to now -> never-expires
import duckdb

LOST = (duckdb.TransactionException, duckdb.ConstraintException)


@lab.exercise("take-lease")
def acquire(con, job, owner, now, ttl):
    """Take or renew the lease, by single statements that each look and change at once."""
    try:
        taken = con.execute("""
            update leases set
                owner = $owner, expires_at = case when owner = $owner then expires_at + ($end::timestamp - $now::timestamp) else $end end,
                token = case when owner = $owner then token else token + 1 end
            where job = $job and (owner = $owner or expires_at <= $now)
            returning token
        """, {"job": job, "owner": owner, "now": now, "end": now + ttl}).fetchall()
        if not taken:
            taken = con.execute("""
                insert into leases (job, owner, token, expires_at)
                select $job, $owner, 1, $end where not exists (select 1 from leases where job = $job)
                returning token
            """, {"job": job, "owner": owner, "end": now + ttl}).fetchall()
    except LOST:
        return None
    return taken[0][0] if taken else None


@lab.exercise("take-lease")
def write(con, job, token, rows):
    """Add rows first, then ask for the token by changing its row; without it all is undone."""
    con.execute("begin transaction")
    open_ = True
    try:
        con.execute("insert into exports by name select $job as job, $token as token, "
                    "day::date as day, revenue_cents::bigint as revenue_cents from rows",
                    {"job": job, "token": token})
        newest = con.execute("update leases set token = token where job = ? and token = ? returning 1",
                             [job, token]).fetchall()
        if newest:
            open_ = False  # COMMIT ends it, one way or the other
            con.execute("commit")
        return bool(newest)
    except duckdb.TransactionException:
        return False
    finally:
        if open_:
            con.execute("rollback")
