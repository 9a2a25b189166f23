"""A small office for the tests of `fieldkit value`: half a year of a log, and its books."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

END = dt.datetime(2026, 6, 30, 22)
DAYS = 180
# table: what it is built from, cents of one run
TABLES = {
    "raw.orders": ((), 40),
    "raw.events": ((), 90),
    "stg.orders": (("raw.orders",), 30),
    "stg.events": (("raw.events",), 120),
    "mart.board": (("stg.orders",), 22),
    "mart.paths": (("stg.events",), 101),
    "mart.fill": (("stg.orders",), 5),
    "mart.tax_year": (("stg.orders",), 3),
    "mart.carts": (("stg.events", "stg.orders"), 60),
}
HEADER = (
    "job_id,creation_time,user_email,statement_type,referenced_tables,destination_table,cost_cents"
)
METRICS = """metrics:
  - {name: recovered_carts, owner: sales@shop.example, per_month: 1284000, source: carts.xlsx}
  - {name: penalties, owner: ops@shop.example, unit: cents, per_month: 455000,
     pipelines: [fill, board]}
  - {name: invoice_hours, owner: finance@shop.example, unit: hours, per_month: 60.7}
  - {name: path_speed, owner: team@data.shop.example, unit: cents, per_month: 310000}
"""
MAP = """team: ["@data.shop.example", Data <data@shop.example>]
currency: USD
capacity_days: 20
pipelines:
  - {pipeline: carts, table: mart.carts, kind: revenue, metric: recovered_carts,
     per_month: 1284000, owner: sales@shop.example, source: carts.xlsx}
  - {pipeline: fill, table: mart.fill, kind: cost, metric: penalties, per_month: 455000,
     owner: Olga (ops@shop.example), source: penalties.xlsx}
  - {pipeline: board, tables: [mart.board], kind: hours, task: match invoices, rate: 4800,
     times: 260, per_month: 291200, owner: finance@shop.example, source: time-study.pdf}
  - {pipeline: paths, table: mart.paths, kind: none}
  - {pipeline: tax_year, kind: none}
initiatives:
  - {id: monday, days: 6, p10: 3000000, p50: 4800000, p90: 7000000}
  - {id: returns, days: 12, p10: 2000000, p50: 9000000, p90: 19000000, run: 500000, needs: [ids]}
  - {id: ids, days: 5, p10: 0, p50: 0, p90: 0, run: 100000}
  - {id: loud, days: 9, p10: 0, p50: 0, p90: 0}
"""


def office(folder: Path) -> Path:
    """Write all files of the office into a folder."""
    rows = [HEADER]
    for day in range(DAYS):
        at = END - dt.timedelta(days=DAYS - 1 - day)
        for table, (ups, cents) in TABLES.items():
            rows.append(_job(len(rows), at, "svc-etl", ups, table, cents))
            rows.append(_job(len(rows), at, "svc-tests", [table], "", 1))
        rows.append(_job(len(rows), at, "svc-bi", ["mart.board"], "", 3))
        rows.append(_job(len(rows), at, f"fay{day % 40}", ["mart.fill"], "", 1))
        rows.append(_job(len(rows), at, f"mo{day % 12}", ["mart.carts"], "", 2))
    (folder / "jobs.csv").write_text("\n".join(rows) + "\n")
    (folder / "principals.csv").write_text(
        "email,kind,readers\nsvc-etl@shop.example,machine,\nsvc-tests@shop.example,machine,\n"
        "svc-bi@shop.example,delivery,300\nfay*@shop.example,person,\nmo*@shop.example,person,\n"
    )
    (folder / "lineage.jsonl").write_text("".join(map(_event, TABLES)))
    (folder / "exposures.yml").write_text(
        "version: 2\nexposures:\n  - name: Order board\n    type: dashboard\n    owner: {name: S, "
        "email: sales@shop.example}\n    depends_on: [ref('board')]\n"
    )
    (folder / "register.csv").write_text(
        "table,rule,cadence,next_due\nmart.tax_year,tax law,annual,2027-05-31\n"
    )
    (folder / "metrics.yml").write_text(METRICS)
    (folder / "tasks.csv").write_text(
        "task,owner,minutes,times_per_month\nmatch invoices,finance@shop.example,14,260\n"
    )
    (folder / "map.yml").write_text(MAP)
    return folder


def _job(
    number: int, at: dt.datetime, who: str, reads: Sequence[str], made: str, cents: int
) -> str:
    refs = json.dumps(list(reads)).replace('"', '""')
    kind = "CREATE_TABLE_AS_SELECT" if made else "SELECT"
    return f'j{number},{at:%Y-%m-%dT%H:%M:%SZ},{who}@shop.example,{kind},"{refs}",{made},{cents}'


def _event(table: str) -> str:
    def data(names: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"namespace": "dw", "name": name} for name in names]

    event = {
        "eventType": "COMPLETE", "eventTime": "2026-06-30T03:00:00Z", "run": {"runId": table},
        "job": {"namespace": "dw", "name": table}, "inputs": data(TABLES[table][0]),
        "outputs": data((table,)),
    }  # fmt: skip
    return json.dumps(event) + "\n"
