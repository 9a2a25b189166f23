# %% reference
lab.exercise("stop-list", """
saves_per_month: 78813     # session_paths, session_steps, referrer_report
steps:
  - table: mart.session_top
    warn: 2027-01-05
    shim: 2027-01-19
    view: select * from archive.session_top
    drop: 2027-02-18
    restore_until: 2027-05-19
  - table: mart.session_paths_daily
    warn: 2027-01-05
    shim: 2027-01-19
    view: select * from archive.session_paths_daily
    drop: 2027-02-18
    restore_until: 2027-05-19
  - table: mart.session_paths
    warn: 2027-01-05
    shim: 2027-01-19
    view: select * from archive.session_paths
    drop: 2027-02-18
    restore_until: 2027-05-19
  - table: core.session_steps
    warn: 2027-01-05
    shim: 2027-01-19
    view: select * from archive.session_steps
    drop: 2027-02-18
    restore_until: 2027-05-19
  - table: mart.referrers
    warn: 2027-01-05
    shim: 2027-01-19
    view: select * from archive.referrers
    drop: 2027-02-18
    restore_until: 2027-05-19
""")

# %% other: one after the other, from the last view up to its sources
lab.exercise("stop-list", """
steps:
- {table: mart.referrers, warn: "2027-01-04", shim: "2027-03-01", drop: "2027-04-30",
   restore_until: "2028-01-01", view: "select referrer, visits from archive.referrers"}
- {table: mart.session_top, warn: "2027-01-04", shim: "2027-02-01", drop: "2027-03-03",
   restore_until: "2027-12-31", view: "from archive.session_top"}
- {table: mart.session_paths_daily, warn: "2027-01-04", shim: "2027-02-08", drop: "2027-03-10",
   restore_until: "2027-12-31", view: "from archive.session_paths_daily"}
- {table: mart.session_paths, warn: "2027-01-04", shim: "2027-02-15", drop: "2027-03-17",
   restore_until: "2027-12-31", view: "select session_id, steps, path from archive.session_paths;"}
- {table: core.session_steps, warn: "2027-01-04", shim: "2027-02-22", drop: "2027-03-24",
   restore_until: "2027-12-31", view: "select * from archive.session_steps where true"}
saves_per_month: 78500.5
""")

# %% other: JSON, sources first, all behind their views before the first is dropped
lab.exercise("stop-list", """
{"saves_per_month": 78813.33, "steps": [
 {"table": "core.session_steps", "warn": "2027-01-05", "shim": "2027-01-20", "drop": "2027-03-01",
  "restore_until": "2027-06-01", "view": "select * from archive.session_steps"},
 {"table": "mart.session_paths", "warn": "2027-01-05", "shim": "2027-01-20", "drop": "2027-03-01",
  "restore_until": "2027-06-01", "view": "select * from archive.session_paths"},
 {"table": "mart.session_paths_daily", "warn": "2027-01-05", "shim": "2027-01-20",
  "drop": "2027-03-01", "restore_until": "2027-06-01",
  "view": "select *, length(path) as width from archive.session_paths"},
 {"table": "mart.session_top", "warn": "2027-01-05", "shim": "2027-01-20", "drop": "2027-03-01",
  "restore_until": "2027-06-01", "view": "select * from archive.session_paths_daily where steps > 3"},
 {"table": "mart.referrers", "warn": "2027-01-05", "shim": "2027-01-20", "drop": "2027-03-01",
  "restore_until": "2027-06-01", "view": "select * from archive.referrers"}]}
""")
