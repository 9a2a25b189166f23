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
