# %% other: named by content, days with equal content share one file
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import hashlib
    import os

    text = rows.to_csv(index=False)
    name = hashlib.sha256(text.encode()).hexdigest()[:24] + ".csv"
    half = os.path.join(folder, "." + name + ".part")
    with open(half, "w", newline="") as out:
        out.write(text)
    os.replace(half, os.path.join(folder, name))  # the same bytes as before, if it was there
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% other: COPY to parquet under a new name, MERGE into the manifest, old file gone at the end
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import pathlib
    from uuid import uuid4

    old = con.execute("select file from manifest where day = ?", [day]).fetchall()
    name = f"{day:%Y%m%d}_{uuid4().hex}.parquet"
    con.execute(f"COPY (FROM rows) TO '{folder}/{name}' (FORMAT parquet, COMPRESSION zstd)")
    con.execute(
        """
        merge into manifest m using (select ?::date as day, ? as file, ?::bigint as n) s on m.day = s.day
        when matched then update set file = s.file, rows = s.n
        when not matched then insert values (s.day, s.file, s.n)
        """,
        [day, name, len(rows)],
    )
    for (gone,) in old:
        pathlib.Path(folder, gone).unlink(missing_ok=True)

# %% other: CSV through gzip, written line by line
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import csv
    import gzip
    import io
    import time

    name = f"{day}.{time.time_ns()}.csv.gz"
    with gzip.open(folder + "/" + name, "wt", newline="") as out:
        lines = io.StringIO()
        writer = csv.writer(lines)
        writer.writerow(rows.columns)
        writer.writerows(rows.astype(object).where(rows.notna(), None).itertuples(index=False, name=None))
        out.write(lines.getvalue())
    con.execute(
        "insert into manifest (day, file, rows) values ($day, $file, $n)"
        " on conflict (day) do update set file = excluded.file, rows = excluded.rows",
        {"day": day, "file": name, "n": len(rows)},
    )

# %% other: os.open with O_EXCL, the first free number found by recursion
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os

    def claim(number):
        path = os.path.join(folder, f"orders-{day}-v{number:04d}.csv")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return claim(number + 1)

    path, handle = claim(1)
    data = rows.to_csv(index=False).encode()
    while data:
        data = data[os.write(handle, data[:4096]):]
    os.fsync(handle)
    os.close(handle)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, os.path.basename(path), len(rows)])

# %% other: mkstemp in the folder is the file itself, delete and insert in one transaction
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    import tempfile

    handle, path = tempfile.mkstemp(suffix=".csv", prefix=f"{day}-", dir=folder)
    with os.fdopen(handle, "w") as out:
        rows.to_csv(out, index=False)
    con.begin()
    try:
        con.execute("delete from manifest where day = ?", [day])
        con.execute("insert into manifest values (?, ?, ?)", [day, os.path.basename(path), len(rows)])
        con.commit()
    except Exception:
        con.rollback()
        raise

# %% other: made in a temporary directory, moved over, context managers everywhere
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import shutil
    import tempfile
    from pathlib import Path

    taken = {p.name for p in Path(folder).iterdir()}
    name = next(n for n in (f"{day}_{i}.csv" for i in range(10_000)) if n not in taken)
    with tempfile.TemporaryDirectory() as away:
        rows.to_csv(Path(away) / "rows.csv", index=False)
        shutil.copyfile(Path(away) / "rows.csv", Path(folder) / f"{name}.tmp")
        shutil.move(Path(folder) / f"{name}.tmp", Path(folder) / name)
    con.execute("insert or replace into manifest values (?, ?, ?)", (day, name, len(rows)))

# %% other: a subfolder for each day, the manifest names a path below the folder
class _Lake:
    def __init__(self, folder, con):
        self.folder, self.con = folder, con

    def new_path(self, day):
        import os
        import uuid

        below = f"day={day.isoformat()}/{uuid.uuid1()}"
        os.makedirs(os.path.join(self.folder, below), exist_ok=True)
        return below + "/part-0.parquet"

    def write(self, day, rows):
        path = self.new_path(day)
        self.con.sql("select * from rows").write_parquet(f"{self.folder}/{path}")
        return path

    def publish(self, day, path, count):
        known = self.con.execute("select count(*) from manifest where day = ?", [day]).fetchone()[0]
        if known:
            self.con.execute("update manifest set file = ?, rows = ? where day = ?", [path, count, day])
        else:
            self.con.execute("insert into manifest values (?, ?, ?)", [day, path, count])


@lab.exercise("land-file")
def land(folder, con, day, rows):
    lake = _Lake(folder, con)
    lake.publish(day, lake.write(day, rows), len(rows))

# %% other: hard link from a staging file, which is then removed
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import contextlib
    import os
    import secrets

    staged = f"{folder}/staging"
    with contextlib.suppress(FileNotFoundError):
        os.remove(staged)
    rows.to_csv(staged, index=False, date_format="%Y-%m-%dT%H:%M:%S")
    name = f"{secrets.token_hex(8)}.csv"
    os.link(staged, f"{folder}/{name}")
    os.unlink(staged)
    con.execute("insert or replace into manifest by name select ? as day, ? as rows, ? as file", [day, len(rows), name])

# %% other: sweeps what the manifest does not name, then writes on a cursor
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from glob import glob

    with con.cursor() as side:
        named = {f for (f,) in side.execute("select file from manifest").fetchall()}
        for path in glob(os.path.join(folder, "*.parquet")):
            if os.path.basename(path) not in named:
                os.remove(path)
        side.register("incoming", rows)
        flip = "a" if f"{day}-b.parquet" in named else "b"  # two names in turn: the other one is free
        name = f"{day}-{flip}.parquet"
        side.execute(f"copy incoming to '{os.path.join(folder, name)}' (format parquet)")
        side.unregister("incoming")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% other: leaves a day alone whose file says the same, names by full path
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import warnings
    from datetime import datetime
    from pathlib import Path

    text = rows.to_csv(index=False)
    old = con.execute("select file, rows from manifest where day = ?", [day]).fetchone()
    if old is not None and old[1] == len(rows) and Path(folder, old[0]).read_text() == text:
        print("nothing new for", day)
        return
    target = Path(folder).absolute() / f"LANDED_{day}_{datetime.now():%H%M%S%f}.csv"
    if target.exists():
        warnings.warn("unlikely")
        target = target.with_stem(target.stem + "_again")
    n = target.write_text(text)
    print(f"{n} characters written to {target}")
    con.execute(f"insert or replace into manifest values ('{day}', '{target}', {len(rows)})")

# %% other: room made with truncate, filled through a generator, manifest by a staged table
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from uuid import uuid4

    def lines():
        yield ",".join(f'"{c}"' for c in rows.columns) + "\r\n"
        for row in rows.itertuples(index=False):
            yield ",".join("" if v is None or str(v) in ("<NA>", "NaT", "nan") else str(v) for v in row) + "\r\n"

    body = "".join(lines()).encode("utf-8")
    name = str(uuid4()) + ".CSV".lower()
    with open(os.path.join(folder, name), "xb", buffering=0) as out:
        out.truncate(len(body))
        out.seek(0)
        out.write(body)
    con.execute("create or replace temp table next_entry as select ?::date as day, ? as file, ? as rows",
                [day, name, len(rows)])
    con.execute("insert or replace into manifest by name from next_entry")
    con.execute("drop table next_entry")

# %% other: the number of rows makes the name; DuckDB writes beside a file that is there, and renames
@lab.exercise("land-file")
def land(folder, con, day, rows):
    name = f"{day}-{len(rows)}.parquet"
    con.execute(f"copy rows to '{folder}/{name}' (format parquet)")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% other: JSON lines, where a day without orders is a blank line
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{uuid4()}.jsonl"
    rows.to_json(f"{folder}/{name}", orient="records", lines=True, date_format="iso")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% other: a generation number read from folder and manifest
@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows as a file that readers find through the manifest."""
    import os
    # the next generation that neither the manifest nor the folder knows: the state is in the files
    folder = os.fspath(folder)
    there = set(os.listdir(folder)) | {file for (file,) in con.execute("select file from manifest").fetchall()}
    number = 1
    while f"{day:%Y%m%d}_{number:06d}.parquet" in there:
        number += 1
    name = f"{day:%Y%m%d}_{number:06d}.parquet"
    frame = rows.reset_index(drop=True)
    con.execute("copy frame to '" + os.path.join(folder, name).replace("'", "''") + "' (format 'parquet', compression 'zstd')")
    written = len(frame)
    con.execute("""
        insert into manifest (day, file, rows) values ($day, $file, $rows)
        on conflict (day) do update set file = excluded.file, rows = excluded.rows
    """, {"day": day, "file": name, "rows": written})

# %% other: a new name each time, then the entry
@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows as a file that readers find through the manifest."""
    from uuid import uuid4
    name = f"orders-{day}-{uuid4().hex}.parquet"
    path = f"{folder}/{name}".replace("'", "''")
    con.execute(f"copy (select * from rows) to '{path}' (format parquet)")
    con.execute("insert or replace into manifest (day, file, rows) values (?, ?, ?)", [day, name, len(rows)])

# %% other: CSV under another name, fsync, rename, then the manifest
@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows as a file that readers find through the manifest."""
    import os
    import secrets
    from pathlib import Path
    while True:
        target = Path(folder) / f"{day}.{secrets.token_hex(8)}.csv"
        if not target.exists():
            break
    partial = target.with_suffix(".partial")
    with open(partial, "w", encoding="utf-8", newline="") as file:
        rows.to_csv(file, index=False)
        file.flush()
        os.fsync(file.fileno())
    os.rename(partial, target)
    con.begin()
    try:
        con.execute("delete from manifest where day = ?", [day])
        con.execute("insert into manifest by name select ?::date as day, ?::varchar as file, ?::bigint as rows",
                    [day, target.name, len(rows)])
        con.commit()
    except BaseException:
        con.rollback()
        raise

# %% wrong: a file that is there is taken for whole -> half-file-read
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import hashlib
    from pathlib import Path

    text = rows.to_csv(index=False)
    path = Path(folder) / f"{day}-{hashlib.md5(text.encode()).hexdigest()}.csv"
    if not path.exists():
        path.write_text(text)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, path.name, len(rows)])

# %% wrong: the number of rows makes the name, a changed day of equal length overwrites -> half-file-read
@lab.exercise("land-file")
def land(folder, con, day, rows):
    name = f"{day}-{len(rows)}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: renamed over the file that readers have open, the count follows -> manifest-disagrees
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os

    final = os.path.join(folder, f"{day}.csv")
    rows.to_csv(final + ".tmp", index=False)
    os.replace(final + ".tmp", final)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, f"{day}.csv", len(rows)])

# %% wrong: the file in one update, the count in the next -> manifest-disagrees
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4()}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute(
        "insert into manifest values (?, ?, ?) on conflict (day) do update set file = excluded.file",
        [day, name, len(rows)],
    )
    con.execute("update manifest set rows = ? where day = ?", [len(rows), day])

# %% wrong: delete and insert, each with its own commit -> manifest-disagrees
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4()}.parquet"
    con.execute(f"copy (select * from rows) to '{folder}/{name}' (format parquet)")
    con.execute("delete from manifest where day = ?", [day])
    con.execute("insert into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: numbered by the entries of the manifest, a number may come again -> file-shared
@lab.exercise("land-file")
def land(folder, con, day, rows):
    number = con.execute("select count(*) from manifest").fetchone()[0]
    name = f"orders-{number:05}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: numbered by a counter that starts again with the process -> state-outside
# only two processes show it
import itertools

_number = itertools.count()


@lab.exercise("land-file")
def land(folder, con, day, rows):
    name = f"{day}-{next(_number)}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: a CSV without the names of its columns -> not-landed
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    name = f"{day}-{uuid4()}.csv"
    rows.to_csv(f"{folder}/{name}", index=False, header=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: late rows of other days are left out -> rows-left-behind
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    mine = rows[rows["ordered_at"].dt.date == day]
    name = f"{day}-{uuid4()}.csv"
    mine.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(mine)])

# %% wrong: tidies the old file away before the manifest leaves it -> manifest-ahead
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from uuid import uuid4

    name = f"{day}-{uuid4()}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    old = con.execute("select file from manifest where day = ?", [day]).fetchone()
    if old and os.path.exists(f"{folder}/{old[0]}"):
        os.remove(f"{folder}/{old[0]}")
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: one name for all days -> file-shared
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os

    rows.to_csv(f"{folder}/orders.csv.new", index=False)
    os.rename(f"{folder}/orders.csv.new", f"{folder}/orders.csv")
    con.execute("insert or replace into manifest values (?, 'orders.csv', ?)", [day, len(rows)])

# %% wrong: adds the new delivery to what the day's file had -> rerun-doubles
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    import pandas as pd

    old = con.execute("select file from manifest where day = ?", [day]).fetchone()
    if old:
        rows = pd.concat([pd.read_csv(f"{folder}/{old[0]}"), rows], ignore_index=True)
    name = f"{day}-{uuid4()}.csv"
    rows.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: a note of the last content is written before the manifest -> kill-changes-end
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import hashlib
    import os
    from pathlib import Path
    from uuid import uuid4

    text = rows.to_csv(index=False)
    digest = hashlib.sha1(text.encode()).hexdigest()
    note = Path(folder, f"{day}.done")
    if note.exists() and note.read_text() == digest:
        return
    name = f"{day}-{uuid4()}.csv"
    Path(folder, name).write_text(text)
    Path(folder, f"{day}.done.tmp").write_text(digest)
    os.replace(Path(folder, f"{day}.done.tmp"), note)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: remembers in Python what it has landed -> state-outside
_last = {}


@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    text = rows.to_csv(index=False)
    if _last.get(day) == text:
        return
    name = f"{day}-{uuid4()}.csv"
    with open(f"{folder}/{name}", "w") as out:
        out.write(text)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])
    _last[day] = text

# %% wrong: a staging folder that a killed run leaves behind -> rerun-fails
@lab.exercise("land-file")
def land(folder, con, day, rows):
    import os
    from uuid import uuid4

    stage = os.path.join(folder, f"_staging_{day}")
    os.mkdir(stage)
    name = f"{day}-{uuid4()}.csv"
    rows.to_csv(os.path.join(stage, name), index=False)
    os.rename(os.path.join(stage, name), os.path.join(folder, name))
    os.rmdir(stage)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(rows)])

# %% wrong: lines that are alike are taken for copies -> rows-left-behind
@lab.exercise("land-file")
def land(folder, con, day, rows):
    from uuid import uuid4

    clean = rows.sort_values("version").drop_duplicates("order_id", keep="last")
    name = f"{day}-{uuid4()}.csv"
    clean.to_csv(f"{folder}/{name}", index=False)
    con.execute("insert or replace into manifest values (?, ?, ?)", [day, name, len(clean)])

# %% other: CSV under a new random name, opened with x; the manifest by on conflict
from pathlib import Path
from uuid import uuid4


@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows: CSV under a name that nobody knows, then the manifest."""
    name = f"{day}-{uuid4().hex}.csv"
    with open(Path(folder) / name, "x", newline="", encoding="utf-8") as file:
        rows.to_csv(file, index=False)
    con.execute("""
        insert into manifest (day, file, rows) values (?, ?, ?)
        on conflict (day) do update set file = excluded.file, rows = excluded.rows
    """, [day, name, len(rows)])

# %% other: CSV whose name is its hash, written beside and renamed
import hashlib
import os
from pathlib import Path


@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows: the name says the content, and a rename brings it there whole."""
    content = rows.to_csv(index=False).encode("utf-8")
    name = f"{day}-{hashlib.sha256(content).hexdigest()[:32]}.csv"
    part = Path(folder) / f"{name}.part"
    part.write_bytes(content)
    os.replace(part, Path(folder) / name)  # whole or not at all, also over an equal one
    con.execute("insert or replace into manifest (day, file, rows) values (?, ?, ?)", [day, name, len(rows)])

# %% other: parquet by DuckDB in a directory of its own; update or insert of the manifest
from pathlib import Path
from tempfile import mkdtemp


@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows: parquet, in a directory of its own for each landing."""
    place = Path(mkdtemp(prefix=f"{day}-", dir=folder))
    target = str(place / "orders.parquet").replace("'", "''")
    con.execute(f"copy (from rows) to '{target}' (format parquet)")
    known = con.execute("select count(*) from manifest where day = ?", [day]).fetchone()[0]
    file = (place / "orders.parquet").relative_to(folder).as_posix()
    if known:
        con.execute("update manifest set file = ?, rows = ? where day = ?", [file, len(rows), day])
    else:
        con.execute("insert into manifest (day, file, rows) values (?, ?, ?)", [day, file, len(rows)])

# %% wrong: delete and insert of the manifest are two commits: between them the day is nowhere -> manifest-disagrees
from pathlib import Path
from uuid import uuid4


@lab.exercise("land-file")
def land(folder, con, day, rows):
    """Land a day's rows: CSV under a name that nobody knows, then the manifest."""
    name = f"{day}-{uuid4().hex}.csv"
    with open(Path(folder) / name, "x", newline="", encoding="utf-8") as file:
        rows.to_csv(file, index=False)
    con.execute("delete from manifest where day = ?", [day])
    con.execute("insert into manifest (day, file, rows) values (?, ?, ?)", [day, name, len(rows)])
