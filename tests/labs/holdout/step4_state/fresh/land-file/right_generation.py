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
