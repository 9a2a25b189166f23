# %% other: all on the first days that are allowed, what is built on others first
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
saves_per_month: 78813
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_steps"}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.referrers"}
""")

# %% other: the source ends on the day of its reader's shim, later in the list
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
saves_per_month: 78813
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-02-17, drop: 2027-03-19,
     restore_until: 2027-06-17, view: "select * from archive.session_paths"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_steps"}
  - {table: mart.referrers, warn: 2027-01-11, shim: 2027-02-01, drop: 2027-03-15,
     restore_until: 2027-12-31, view: "select * from archive.referrers"}
""")

# %% other: waves a week apart, the sources first in the list and last by date, quoted dates, views over two lines
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
steps:
  - table: core.session_steps
    view: |
      select kept.*
      from archive.session_steps as kept
    warn: '2027-01-10'
    shim: '2027-02-22'
    drop: '2027-04-01'
    restore_until: '2027-12-31'
  - table: mart.session_paths
    view: |
      select kept.*
      from archive.session_paths as kept
    warn: '2027-01-10'
    shim: '2027-02-15'
    drop: '2027-03-20'
    restore_until: '2027-12-31'
  - table: mart.session_paths_daily
    view: |
      select kept.*
      from archive.session_paths_daily as kept
    warn: '2027-01-10'
    shim: '2027-02-08'
    drop: '2027-03-12'
    restore_until: '2027-12-31'
  - table: mart.session_top
    view: |
      select kept.*
      from archive.session_top as kept
    warn: '2027-01-10'
    shim: '2027-02-01'
    drop: '2027-03-05'
    restore_until: '2027-12-31'
  - table: mart.referrers
    view: |
      select kept.*
      from archive.referrers as kept
    warn: '2027-01-10'
    shim: '2027-02-01'
    drop: '2027-03-05'
    restore_until: '2027-12-31'
saves_per_month: 78813
""")

# %% wrong: the source of an unused table goes on -> unused-kept
# breaks: "Everything that nobody uses is stopped, tables and views"
lab.exercise("stop-list", """
# 22387 = (110 + 620) x 184 / 6: session_paths and referrer_report, the two that are stopped
saves_per_month: 22387
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths"}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.referrers"}
""")

# %% wrong: a table that only an exposure names is stopped -> used-stopped
# breaks: "nothing that is used, by the rule above, nor what the register names."
lab.exercise("stop-list", """
saves_per_month: 88933
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_steps"}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.referrers"}
  - {table: mart.campaigns, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.campaigns"}
""")

# %% wrong: tables first, the views on them a wave later -> view-broken
# breaks: "every view that still stands can be read"
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
saves_per_month: 78813
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-02-18, drop: 2027-03-22,
     restore_until: 2027-06-30, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-02-18, drop: 2027-03-22,
     restore_until: 2027-06-30, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_steps"}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.referrers"}
""")

# %% wrong: the source ends on the day of its reader's shim, earlier in the list -> refresh-broken
# breaks: "and so can the sources of every table that is still refreshed; a table is refreshed until its `shim`."
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
saves_per_month: 78813
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_paths_daily"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: "select * from archive.session_steps"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-02-17, drop: 2027-03-19,
     restore_until: 2027-06-17, view: "select * from archive.session_paths"}
  - {table: mart.referrers, warn: 2027-01-11, shim: 2027-02-01, drop: 2027-03-15,
     restore_until: 2027-12-31, view: "select * from archive.referrers"}
""")

# %% wrong: three calendar months to bring it back are 89 days -> no-way-back
# breaks: "`restore_until` at least 90 days after `drop`."
lab.exercise("stop-list", """
# is not on the page: 3373 for session_paths (the map), about 19013 for referrer_report, session_steps nowhere: put the sum here
saves_per_month: 78813
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-17, view: "select * from archive.session_top"}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-17, view: "select * from archive.session_paths_daily"}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-17, view: "select * from archive.session_paths"}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-17, view: "select * from archive.session_steps"}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-17, view: "select * from archive.referrers"}
""")

# %% other: five tables and views, all on the same earliest days
lab.exercise("stop-list", """
saves_per_month: 78813         # session_paths 3373, session_steps 56427, referrers 19013
steps:
  - {table: mart.session_top, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: select * from archive.session_top}
  - {table: mart.session_paths_daily, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: select * from archive.session_paths_daily}
  - {table: mart.session_paths, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: select * from archive.session_paths}
  - {table: core.session_steps, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: select * from archive.session_steps}
  - {table: mart.referrers, warn: 2027-01-04, shim: 2027-01-18, drop: 2027-02-17,
     restore_until: 2027-05-18, view: select * from archive.referrers}
""")

# %% other: a week after the other, readers first, shims with columns(*)
lab.exercise("stop-list", """
saves_per_month: 78813.33
steps:          # from the readers to their sources, a week apart, dropped in the same order
  - {table: mart.referrers, warn: 2027-01-11, shim: 2027-02-01, drop: 2027-03-15,
     restore_until: 2027-12-31, view: select columns(*) from archive.referrers}
  - {table: mart.session_top, warn: 2027-01-11, shim: 2027-02-01, drop: 2027-03-15,
     restore_until: 2027-12-31, view: select columns(*) from archive.session_top}
  - {table: mart.session_paths_daily, warn: 2027-01-11, shim: 2027-02-08, drop: 2027-03-22,
     restore_until: 2027-12-31, view: select columns(*) from archive.session_paths_daily}
  - {table: mart.session_paths, warn: 2027-01-11, shim: 2027-02-15, drop: 2027-03-29,
     restore_until: 2027-12-31, view: select columns(*) from archive.session_paths}
  - {table: core.session_steps, warn: 2027-01-11, shim: 2027-02-22, drop: 2027-04-05,
     restore_until: 2027-12-31, view: select columns(*) from archive.session_steps}
""")

# %% other: block style, sources first, dates as text, shims through a CTE, the saving rounded
lab.exercise("stop-list", """
saves_per_month: 78800
steps:          # from the sources to their readers: all shims stand before the first drop
  - table: mart.referrers
    warn: "2027-01-05"
    shim: "2027-01-19"
    drop: "2027-03-01"
    restore_until: "2027-06-30"
    view: |
      with kept as (select * from archive.referrers)
      select kept.* from kept
  - table: core.session_steps
    warn: "2027-01-05"
    shim: "2027-01-19"
    drop: "2027-03-01"
    restore_until: "2027-06-30"
    view: |
      with kept as (select * from archive.session_steps)
      select kept.* from kept
  - table: mart.session_paths
    warn: "2027-01-05"
    shim: "2027-01-19"
    drop: "2027-03-01"
    restore_until: "2027-06-30"
    view: |
      with kept as (select * from archive.session_paths)
      select kept.* from kept
  - table: mart.session_paths_daily
    warn: "2027-01-05"
    shim: "2027-01-19"
    drop: "2027-03-01"
    restore_until: "2027-06-30"
    view: |
      with kept as (select * from archive.session_paths_daily)
      select kept.* from kept
  - table: mart.session_top
    warn: "2027-01-05"
    shim: "2027-01-19"
    drop: "2027-03-01"
    restore_until: "2027-06-30"
    view: |
      with kept as (select * from archive.session_top)
      select kept.* from kept
""")
