"""The example of docs/prove.md, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "prove.md"


def test_the_example_does_what_the_page_says(tmp_path, fieldkit):
    for block in re.findall(
        r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S
    ):
        (tmp_path / block[0]).write_text(block[1])
    subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
    seen = {}
    for script in ("load.py", "fixed.py"):
        options = ("--state", "warehouse.duckdb", "--reruns", "1", "--kills", "4")
        ran = fieldkit("prove", *options, "--", sys.executable, script, "{state}")
        seen[script] = (ran.returncode, ran.stdout.split(":")[0].strip())
    assert seen == {"load.py": (1, "REFUTED"), "fixed.py": (0, "PROVED")}


def test_every_option_on_the_page_exists(fieldkit):
    page, told = PAGE.read_text(encoding="utf-8"), fieldkit("prove", "--help").stdout
    used = set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--profiles-dir"}
    assert used <= set(re.findall(r"(--[a-z][a-z-]+)", told))
