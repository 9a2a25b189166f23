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
        rows.to_csv(file, index=False, header=False)
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
