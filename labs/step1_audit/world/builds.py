"""A real `dbt build` of the learner's model, in this process, on a project in a new folder."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from fieldkit.audit import Cost, metered
from labs.step1_audit.world.bill import kilo
from labs.step1_audit.world.lake import Lake

HERE = Path(__file__).parent / "project"
MODEL = "fct_daily"
QUIET = "--quiet --no-version-check --log-level none --log-level-file none --no-use-colors"


@dataclass(frozen=True)
class Build:
    """What one `dbt build` did: the model's status, its tests, the table's rows, what it read."""

    status: str
    tests: int
    passed: int
    rows: int
    bytes: int
    files: int
    failed: tuple[str, ...] = ()


def builds(text: str, lake: Lake, times: int) -> list[Build]:
    """Build the model so many times, for the lake's last day; the first time in full."""
    with TemporaryDirectory(prefix="northlight-dbt-") as home:
        folder = Path(home)
        _project(folder, text, lake)
        read: dict[str, Cost] = {}  # what is read, by the SELECT: the lake stays as it is
        return [_build(folder, lake, read) for _ in range(times)]


def _project(folder: Path, text: str, lake: Lake) -> None:
    for name in ("models", "tests"):
        (folder / name).mkdir()
    shutil.copy(HERE / "dbt_project.yml", folder)
    shutil.copy(HERE / "schema.yml", folder / "models")
    shutil.copytree(HERE / "generic", folder / "tests" / "generic")
    (folder / "models" / f"{MODEL}.sql").write_text(text, encoding="utf-8")
    warehouse = (folder / "warehouse.duckdb").as_posix()
    profile = f"{{type: duckdb, path: '{warehouse}', threads: 1}}"
    told = f"northlight:\n  target: dev\n  outputs:\n    dev: {profile}\n"
    (folder / "profiles.yml").write_text(told, encoding="utf-8")
    (folder / "models" / "sources.yml").write_text(_sources(lake), encoding="utf-8")


def _sources(lake: Lake) -> str:
    where = {"events": f"read_parquet('{lake.pattern}', hive_partitioning = true)"}
    for name in ("customers", "session_campaigns", "campaigns"):
        where[name] = f"read_parquet('{(lake.folder / name).as_posix()}.parquet')"
    lines = ["version: 2", "sources:", "  - name: lake", "    tables:"]
    for name, place in where.items():
        lines += [f"      - name: {name}", "        config:", "          meta:"]
        lines += [f'            external_location: "{place}"']
    return "\n".join(lines) + "\n"


def _build(folder: Path, lake: Lake, read: dict[str, Cost]) -> Build:
    results = _invoke(folder, lake)
    model = [r for r in results if r.node.resource_type == "model"]
    tests = [r for r in results if r.node.resource_type == "test"]
    passed = sum(str(r.status) == "pass" for r in tests)
    failed = tuple(r.node.name for r in tests if str(r.status) not in ("pass", "skipped"))
    if not model or str(model[0].status) != "success":
        why = next((str(r.message) for r in model if r.message), "the project does not parse")
        return Build(_one_line(why), len(tests), passed, 0, 0, 0, failed)
    rows, cost = _looked_at(folder, read)
    return Build("success", len(tests), passed, rows, cost.bytes, cost.files, failed)


def _one_line(message: str) -> str:
    """The line of dbt's message that says what is wrong."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line and "in model" not in line]
    return (told or lines or ["it failed"])[0]


def _invoke(folder: Path, lake: Lake) -> list[Any]:
    from dbt.cli.main import dbtRunner

    place = ["--project-dir", f"{folder}", "--profiles-dir", f"{folder}"]
    place += ["--target-path", f"{folder / 'target'}", "--log-path", f"{folder / 'logs'}"]
    with _silent():
        ran = dbtRunner().invoke(
            ["build", *QUIET.split(), *place, "--vars", f"{{as_of: '{lake.last}'}}"]
        )
    return list(getattr(ran.result, "results", None) or ())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing of dbt's own is printed; it writes to the stream, whatever it was told."""
    before = os.environ.get("DBT_SEND_ANONYMOUS_USAGE_STATS")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(action="ignore"),
        ):
            yield
    finally:
        if before is None:
            del os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"]
        else:
            os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = before


def _looked_at(folder: Path, read: dict[str, Cost]) -> tuple[int, Cost]:
    """The table's rows, and what the SELECT that dbt compiled reads when it runs again."""
    compiled = folder / "target" / "compiled" / "northlight" / "models" / f"{MODEL}.sql"
    # dbt keeps its connection: the same file can be opened again, but not read-only.
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        [(rows,)] = con.execute(f"select count(*) from {MODEL}").fetchall()
        select = compiled.read_text(encoding="utf-8")
        if select not in read:
            read[select] = metered(con, select)
    return rows, read[select]


def told(found: list[Build]) -> list[dict[str, str]]:
    """The builds as rows to look at."""
    return [
        {
            "dbt build": "the first, in full" if number == 1 else "the same night again",
            "model": one.status,
            "tests": f"{one.passed} of {one.tests} passed" + _which(one),
            "rows": f"{one.rows:,}",
            "read": kilo(one.bytes),
            "files": f"{one.files:,}",
        }
        for number, one in enumerate(found, 1)
    ]


def _which(one: Build) -> str:
    return f" (not {', '.join(one.failed)})" if one.failed else ""
