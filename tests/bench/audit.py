"""Row: models a second of `fieldkit audit`, beside `sqlfluff lint` on the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.bench.environments import python_of
from tests.bench.processes import CPU, WALL, cost, environment, run
from tests.bench.rows import SLOW, Budget, Contender, Measured, NotMeasured, Plan, refused, row
from tests.fieldkit.audit_kinds import FIRST
from tests.fieldkit.audit_kinds_last import LAST
from tests.fieldkit.audit_kinds_more import SECOND
from tests.fieldkit.audit_set import draw

SQLFLUFF = ("sqlfluff==4.5.0",)
MODELS, QUICK_MODELS, MANY = 300, 12, 3_000
PER_MODEL, PEAK = "CPU ms a model", "peak MiB"
AUDIT = """
import sys, time
from pathlib import Path
from fieldkit.audit import Settings, audit
from fieldkit.audit.catalog import read
from tests.bench.processes import peak_mib
settings = Settings(catalog=read(Path(sys.argv[2])))
begun, used = time.perf_counter(), time.process_time()
found = audit(Path(sys.argv[1]), settings)
took, used = time.perf_counter() - begun, time.process_time() - used
print(took, used, len(found.models), peak_mib(), sum(bool(m.why) for m in found.models))
"""


@row("audit", "fieldkit audit", decides=[PER_MODEL], rounds=SLOW)
def audit(plan: Plan) -> list[Contender]:
    """dbt models of the labelled set in DuckDB's dialect: all ten rules with a catalog, against
    `sqlfluff lint` 4.5.0 with its default rules on the same files, one process, in an environment
    of its own. Of ours the audit is counted, of sqlfluff all but its start with one model.
    Promised is 20 times its models in a CPU second. The last line is ten times as many files:
    memory is flat.
    """
    count = QUICK_MODELS if plan.quick else MODELS
    many = count * 2 if plan.quick else MANY
    few, lots, one = plan.folder / "few", plan.folder / "lots", plan.folder / "one"
    for folder, size in ((few, count), (lots, many), (one, 1)):
        _written(folder, size)
    catalog = plan.folder / "catalog.csv"
    catalog.write_text(_catalog())
    return [
        Contender(f"ours, {count:,} models", partial(_ours, few, catalog), ours=True),
        _sqlfluff(few, one, count),
        Contender(
            f"ours, {many:,} models",
            partial(_ours, lots, catalog),
            ours=True,
            budgets=(Budget(PEAK, median=250),),
        ),
    ]


def _models(count: int) -> list[str]:
    kinds = FIRST + SECOND + LAST
    drawn = draw(kinds, 15, each=count * 8 // len(kinds) + 2)
    return [model.sql for model in drawn if model.dialect == "duckdb"][:count]


def _written(folder: Path, count: int) -> None:
    folder.mkdir()
    for number, sql in enumerate(_models(count)):
        (folder / f"fct_{number:05}.sql").write_text(sql)


def _catalog() -> str:
    """The tables of all companies of the set."""
    from tests.fieldkit.audit_set import COMPANIES

    lines = ["table,partition,grain"]
    for c in COMPANIES:
        lines += [f"{c[n]},{c['day']},{c[key]}" for n, key in (("ev", "id"), ("ev2", "id2"))]
        lines += [f"{c['dim']},,{c['who']}", f"{c['br']},,{c['ses']} {c['tag']}"]
        lines += [f"{c['hist']},,{c['who']} valid_from"]
    return "\n".join(lines) + "\n"


def _ours(folder: Path, catalog: Path) -> Measured:
    done = run([sys.executable, "-c", AUDIT, str(folder), str(catalog)])
    took, used, models, peak, unread = map(float, done.stdout.split())
    assert not unread, f"{unread} models were not read"
    return {PER_MODEL: used * 1000 / models, WALL: took, PEAK: peak}


def _sqlfluff(folder: Path, one: Path, count: int) -> Contender:
    name = f"sqlfluff lint, {count:,} models"
    try:
        python = python_of(*SQLFLUFF)
    except NotMeasured as error:
        return refused(name, str(error))
    return Contender(name, partial(_theirs, python, folder, one, count))


def _theirs(python: str, folder: Path, one: Path, count: int) -> Measured:
    """Without what its start takes: the same command on one model is taken off."""
    start = cost(lambda: _linted(python, one, 1))
    found = cost(lambda: _linted(python, folder, count))
    each = (found[CPU] - start[CPU]) / max(1, count - 1)
    return {PER_MODEL: each * 1000, WALL: found[WALL] - start[WALL]}


def _linted(python: str, folder: Path, count: int) -> None:
    """sqlfluff ends with 1 where it has findings."""
    argv = [python, "-m", "sqlfluff", "lint", "--dialect", "duckdb", "--processes", "1"]
    argv += ["--format", "json", "--nocolor", str(folder)]
    done = subprocess.run(
        argv, cwd=folder, env=environment(python), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1) or len(json.loads(done.stdout)) != count:
        raise NotMeasured(f"`sqlfluff lint` ended with exit code {done.returncode}")
