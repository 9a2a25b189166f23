"""Our runner as a process: JOBS OUT NAME=VALUE PAGE…; fails where a page stopped."""

import sys
from pathlib import Path

from workbook import runner

jobs, out, parameter, *paths = sys.argv[1:]
given = dict([parameter.split("=")]) if parameter else {}
runs = runner.run_pages([Path(path) for path in paths], Path(out), given, jobs=int(jobs))
sys.exit("\n".join(f"{run.page.name}: {run.stopped}" for run in runs if run.stopped) or 0)
