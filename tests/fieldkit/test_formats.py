"""Delta Lake and Iceberg tables are read through their logs; without the packages: one line."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import deltalake
import duckdb
import pytest

from fieldkit.prove.run import Settings, prove

SETTINGS = Settings(reruns=1, kills=2, patience=60)
IN_PLACE = Settings(reruns=1, kills=2, patience=60, in_place=True)
ROWS = """
import sys
import duckdb
rows = duckdb.sql(
    "select i as id, 'd' || i % 3 as day, i * 1.5::double as amount from range(1000) r(i)")
more = duckdb.sql("select i + 500 as id, 'd1' as day, 2.5::double as amount from range(1000) r(i)")
"""
DELTA = {
    "overwrite": "write_deltalake(path, rows, mode='overwrite', partition_by=['day'])",
    "merge": "DeltaTable(path).merge(more, 's.id = t.id', 's', 't').when_matched_update_all()"
    ".when_not_matched_insert_all().execute()",
    "append": "write_deltalake(path, more, mode='append')",
}
ARROW = "rows, more = rows.to_arrow_table(), more.to_arrow_table()\n"
ICEBERG = {
    "overwrite": "table.overwrite(rows)",
    "append": "table.append(more)",
}


@pytest.mark.parametrize(
    ("write", "verdict"), [("overwrite", "PROVED"), ("merge", "PROVED"), ("append", "REFUTED")]
)
def test_a_delta_table_is_its_log(tmp_path, write, verdict):
    lake = tmp_path / "lake"
    with duckdb.connect() as con:
        first = con.sql(
            "select i as id, 'd' || i % 3 as day, 0.5::double as amount from range(1000) r(i)"
        )
        deltalake.write_deltalake(str(lake / "orders"), first, partition_by=["day"])
    head = "from deltalake import DeltaTable, write_deltalake\npath = sys.argv[1] + '/orders'\n"
    (tmp_path / "load.py").write_text(ROWS + head + DELTA[write])
    proof = prove([sys.executable, str(tmp_path / "load.py"), "{state}"], [lake], settings=SETTINGS)
    assert proof.verdict == verdict, proof
    (table,) = proof.tables
    expected = {"overwrite": 1000, "merge": 1500, "append": 2000}[write]
    assert (table.name, table.before, table.after) == ("orders", 1000, expected)
    if verdict == "REFUTED":
        assert proof.counterexample.deltas[0].duplicated == 1000


def test_a_delta_table_that_the_first_run_makes(tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    head = "from deltalake import write_deltalake\npath = sys.argv[1] + '/orders'\n"
    (tmp_path / "load.py").write_text(ROWS + head + DELTA["overwrite"])
    proof = prove([sys.executable, str(tmp_path / "load.py"), "{state}"], [lake], settings=SETTINGS)
    assert proof.verdict == "PROVED", proof


@pytest.mark.parametrize(("write", "verdict"), [("overwrite", "PROVED"), ("append", "REFUTED")])
def test_an_iceberg_table_is_what_its_catalog_says(tmp_path, write, verdict):
    pytest.importorskip("pyiceberg")
    pytest.importorskip("pyarrow")
    lake = tmp_path / "lake"
    lake.mkdir()
    head = (
        "from pyiceberg.catalog.sql import SqlCatalog\nfolder = sys.argv[1]\n"
        "options = {'uri': f'sqlite:///{folder}/catalog.db', 'warehouse': 'file://' + folder}\n"
        "catalog = SqlCatalog('c', **options)\n"
        "catalog.create_namespace_if_not_exists('shop')\n"
        "table = catalog.create_table_if_not_exists('shop.orders', schema=rows.schema)\n"
    )
    (tmp_path / "load.py").write_text(ROWS + ARROW + head + ICEBERG[write])
    argv = [sys.executable, str(tmp_path / "load.py"), str(lake)]
    subprocess.run(argv, check=True, capture_output=True)
    proof = prove(argv, [lake], settings=IN_PLACE)
    assert proof.verdict == verdict, proof
    assert [(one.name, one.before) for one in proof.tables] == [("shop/orders", 1000)]


def test_iceberg_in_an_environment_of_its_own(tmp_path, thorough):
    """The two tests above where pyiceberg is: pyarrow in the lock would slow every other one."""
    if not thorough:
        pytest.skip("installs pyiceberg and pyarrow into a new environment; with --seeds 5")
    uv = [sys.executable, "-m", "uv"]
    env = tmp_path / "env"
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(env)], check=True)
    python = env / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = ["pyiceberg[pyarrow,sql-sqlite]"]
    subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), *wanted], check=True)
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    place = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    ours = sysconfig.get_path("purelib")
    (Path(place) / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    again = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", __file__, "-k", "catalog"]
    ran = subprocess.run(
        [str(python), *again], check=False, capture_output=True, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize("form", ["delta", "iceberg"])
def test_without_the_package_one_line_says_what_to_install(tmp_path, fieldkit, form):
    lake = tmp_path / "lake" / "orders"
    if form == "delta":
        (lake / "_delta_log").mkdir(parents=True)
        (lake / "_delta_log" / f"{0:020}.json").write_text(json.dumps({"commitInfo": {}}))
    else:
        (lake / "metadata").mkdir(parents=True)
        (lake / "metadata" / "00000-a.metadata.json").write_text("{}")
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['deltalake'] = sys.modules['pyiceberg'] = None\n"
    )
    for state in (lake, lake.parent):
        ran = fieldkit("prove", "--state", state, "--", "true", PYTHONPATH=str(tmp_path))
        assert (ran.returncode, ran.stdout) == (2, "")
        (line,) = [one for one in ran.stderr.splitlines() if one.startswith("fieldkit: ")]
        name = {"delta": "deltalake", "iceberg": '"pyiceberg[pyarrow]"'}[form]
        assert line.startswith("fieldkit: orders: is a table of ")
        assert f"pip install {name}" in line
