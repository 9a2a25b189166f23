"""Row: a report of `fieldkit value` on a query log of a million jobs, and its memory."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from tests.bench.processes import run
from tests.bench.rows import SLOW, Budget, Contender, Measured, Plan, row

JOBS, QUICK_JOBS = 1_000_000, 20_000
TOOK, CPU, PEAK = "wall s", "CPU s", "peak MiB"
MAP = """team: [data@x.example]
currency: USD
pipelines:
  - {pipeline: t400, table: mart.t400, kind: none}
"""
PRINCIPALS = "email,kind,readers\nsvc-etl@x.example,machine,\nsvc-bi@x.example,delivery,300\n"
# 600 tables in three layers: of ten jobs four build a table, two test it, one is a BI tool's, three
# are people's, who read two of 150 marts; 50 marts are read by machines alone.
LOG = """
copy (
    with made as (
        select i as id, case when i < 200 then 'raw.t' when i < 400 then 'stg.t' else 'mart.t' end
            || i as name,
            case when i < 200 then [] when i < 400
                then ['raw.t' || (i - 200), 'raw.t' || (hash(i) % 200)]
                else ['stg.t' || (i - 200), 'stg.t' || (200 + hash(i) % 200)] end as ups
        from range(600) r(i))
    select 'job_' || i as job_id, strftime(timestamp '2026-01-01' + to_milliseconds(
            i * 15552000000 // {jobs}), '%Y-%m-%dT%H:%M:%SZ') as creation_time,
        case when i % 10 < 6 then 'svc-etl' when i % 10 = 6 then 'svc-bi'
            else 'p' || (hash(i) % 3000) end || '@x.example' as user_email,
        case when i % 10 < 4 then 'CREATE_TABLE_AS_SELECT' else 'SELECT' end as statement_type,
        to_json(case when i % 10 < 4 then ups when i % 10 < 6 then [name]
            else ['mart.t' || (400 + hash(i * 7) % 150), 'mart.t' || (400 + hash(i * 11) % 150)]
            end) as referenced_tables,
        case when i % 10 < 4 then name else '' end as destination_table,
        (hash(i) % 100000000)::bigint as total_bytes_billed, (i % 3 = 0)::varchar as cache_hit,
        (hash(i * 3) % 50)::int as cost_cents, repeat('select x from t where x = 1 ', 5) as query
    from range({jobs}) r(i) join made on id = (i // 10) % 600 order by i
) to '{path}' (header)
"""
REPORT = """
import sys, time
from pathlib import Path
from fieldkit.report.report import to_html, to_json
from fieldkit.value.gather import Exports
from fieldkit.value.page import value_report
from fieldkit.value.run import Settings, report
from tests.bench.processes import peak_mib
begun, used = time.perf_counter(), time.process_time()
found = report(Path(sys.argv[1]) / "map.yml", Settings(Exports((Path(sys.argv[1]) / "jobs.csv",))))
told = value_report(found)
to_html(told), to_json(told)
took, used = time.perf_counter() - begun, time.process_time() - used
print(took, used, peak_mib(), found.observed.bill.jobs, len(found.stops()))
"""


@row("value", "fieldkit value report", rounds=SLOW)
def value(plan: Plan) -> list[Contender]:
    """A log of a million jobs, 240 MB of CSV: 600 tables, 3,000 people. Read, costs shared to the
    cent, every table with its reason, written as a page and as JSON. Promised are 20 seconds and
    1 GiB.
    """
    import duckdb

    jobs = QUICK_JOBS if plan.quick else JOBS
    (plan.folder / "map.yml").write_text(MAP)
    people = "p*@x.example,person,\n"
    (plan.folder / "principals.csv").write_text(PRINCIPALS + people)
    duckdb.execute(LOG.format(jobs=jobs, path=plan.folder / "jobs.csv"))
    return [
        Contender(
            f"ours, {jobs:,} jobs",
            partial(_ours, plan.folder, jobs),
            ours=True,
            budgets=(Budget(TOOK, median=20), Budget(PEAK, median=1_024)),
        )
    ]


def _ours(folder: Path, jobs: int) -> Measured:
    told = run([sys.executable, "-c", REPORT, str(folder)]).stdout.split()
    took, used, peak, read, stops = map(float, told)
    assert read == jobs and stops, "all jobs are read, and some tables are used by nobody"
    return {TOOK: took, CPU: used, PEAK: peak}
