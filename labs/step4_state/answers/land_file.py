# %% reference
@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows as a file that readers find through the manifest."""
    import hashlib
    import os

    tmp = f"{folder}/landing.tmp"
    con.execute(f"copy (select * from rows) to '{tmp}.parquet' (format parquet)")
    with open(f"{tmp}.parquet", "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:12]
    name = f"{day}-{digest}.parquet"
    os.replace(f"{tmp}.parquet", f"{folder}/{name}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% other: a name that nobody has used, written directly; the manifest alone decides
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{uuid4().hex}.parquet"
    con.sql("select * from rows").write_parquet(f"{folder}/{name}")
    con.execute("insert into manifest values (?, ?, ?) on conflict do update set file = excluded.file, rows = excluded.rows",
                [day, name, len(rows)])

# %% other: numbered generations as CSV, the old one removed once nobody is sent there
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from pathlib import Path

    old = con.execute("select file from manifest where day = ?", [day]).fetchone()
    number = int(old[0].split(".")[1]) + 1 if old else 1
    name = f"{day}.{number}.csv"
    with open(Path(folder) / name, "w", newline="") as file:
        rows.to_csv(file, index=False)
    con.begin()
    con.execute("delete from manifest where day = ?", [day])
    con.execute("insert into manifest values (?, ?, ?)", [day, name, len(rows)])
    con.commit()
    if old:
        (Path(folder) / old[0]).unlink(missing_ok=True)

# %% other: a folder for each attempt, and a MERGE; rewrites nothing that is there already
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import pathlib
    import pandas as pd

    name = f"{int(pd.util.hash_pandas_object(rows, index=False).sum())}-{len(rows)}/{day}.csv"
    if con.execute("select 1 from manifest where (day, file) = (?, ?)", [day, name]).fetchone():
        return
    target = pathlib.Path(folder) / name
    target.parent.mkdir(exist_ok=True)
    part = target.with_suffix(".part")
    part.write_text(rows.to_csv(index=False))
    part.rename(target)
    con.execute("""
        merge into manifest m using (select ?::date as day, ? as file, ? as rows) n on m.day = n.day
        when matched then update set file = n.file, rows = n.rows
        when not matched then insert by name
    """, [day, name, len(rows)])

# %% wrong: the manifest first -> manifest-ahead
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from hashlib import sha256

    name = f"{day}-{sha256(rows.to_csv().encode()).hexdigest()[:12]}.parquet"
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")

# %% wrong: renamed after the commit -> manifest-ahead
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from hashlib import sha256

    text = rows.to_csv(index=False)
    name = f"{day}-{sha256(text.encode()).hexdigest()[:12]}.csv"
    with open(f"{folder}/landing.tmp", "w") as file:
        file.write(text)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])
    os.rename(f"{folder}/landing.tmp", f"{folder}/{name}")

# %% wrong: the old file removed before the manifest forgets it -> manifest-ahead
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from uuid import uuid4

    old = con.execute("select file from manifest where day = ?", [day]).fetchone()
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    if old and os.path.exists(f"{folder}/{old[0]}"):
        os.remove(f"{folder}/{old[0]}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: written in place, under the name that readers know -> half-file-read
@lab.exercise("land-file")
def land(folder, con, day, rows):
    name = f"{day}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: a half file under its content's name counts as done -> half-file-read
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from hashlib import sha256
    from pathlib import Path

    text = rows.to_csv(index=False)
    target = Path(folder, f"{day}-{sha256(text.encode()).hexdigest()[:12]}.csv")
    if not target.exists():
        target.write_text(text)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, target.name, len(rows)])

# %% wrong: the same content is written over the file that readers have -> half-file-read
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from hashlib import sha256

    text = rows.to_csv(index=False)
    name = f"{day}-{sha256(text.encode()).hexdigest()[:12]}.csv"
    with open(f"{folder}/{name}", "w") as file:
        file.write(text)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: replaced under the same name before the manifest knows -> manifest-disagrees
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os

    name = f"{day}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}.tmp' (format parquet)")
    os.replace(f"{folder}/{name}.tmp", f"{folder}/{name}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: what lies in the folder is taken as landed -> lost-after-kill
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from hashlib import sha256

    name = f"{day}-{sha256(rows.to_csv().encode()).hexdigest()[:12]}.parquet"
    newest = con.execute("select file from manifest where day = ?", [day]).fetchone()
    if os.path.exists(f"{folder}/{name}") and not newest:
        return
    con.execute(f"copy (select * from rows) to '{folder}/{name}.tmp' (format parquet)")
    os.replace(f"{folder}/{name}.tmp", f"{folder}/{name}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: a temporary file that must not be there yet -> rerun-fails
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from uuid import uuid4

    tmp, name = f"{folder}/landing.tmp", f"{day}-{uuid4().hex}.csv"
    with open(tmp, "x") as file:
        rows.to_csv(file, index=False)
    os.rename(tmp, f"{folder}/{name}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: the manifest only ever grows -> rerun-fails
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: the day's file is appended to -> landed-twice
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from pathlib import Path
    from uuid import uuid4

    import pandas as pd

    old = con.execute("select file from manifest where day = ?", [day]).fetchone()
    if old:
        rows = pd.concat([pd.read_csv(f"{folder}/{old[0]}"), rows])
    name = f"{day}-{uuid4().hex}.csv"
    rows.to_csv(Path(folder, name), index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: one file for all days -> file-shared
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os

    con.execute(f"copy (select * from rows) to '{folder}/orders.tmp' (format parquet)")
    os.replace(f"{folder}/orders.tmp", f"{folder}/orders.parquet")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, "orders.parquet", len(rows)])

# %% wrong: a day without orders is no delivery -> empty-day
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    if rows.empty:
        return
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: a day in the manifest is done -> redelivery-skipped
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    if con.execute("select 1 from manifest where day = ?", [day]).fetchone():
        return
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: unchanged if the number of rows is -> redelivery-skipped
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    if con.execute("select 1 from manifest where day = ? and rows = ?", [day, len(rows)]).fetchone():
        return
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: DELETE, then INSERT, each by itself -> day-vanishes
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("delete from manifest where day = ?", [day])
    con.execute("insert into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: the file in one commit, the number of rows in the next -> manifest-disagrees
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, 0)", [day, name])
    con.execute("update manifest set rows = ? where day = ?", [len(rows), day])

# %% wrong: repeated rows and rows without a key stay behind -> rows-left-behind
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    rows = rows.dropna().drop_duplicates()
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: the process remembers what has landed -> state-outside
landed = set()

@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    if (day, rows.to_csv()) in landed:
        return
    name = f"{day}-{uuid4().hex}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])
    landed.add((day, rows.to_csv()))
