"""Our judge: ISOLATION NOTEBOOK…, each in one session; fails where an exercise does."""

import sys
from pathlib import Path

from workbook import catalog, outside, submission

isolation, *paths = sys.argv[1:]
for path in paths:
    exercises = catalog.load("five").exercises
    given = {e.id: (e, submission.read(e, Path(path), None, 7)) for e in exercises.values()}
    results = list(outside.judged(given, isolation))
    assert len(results) == len(exercises) and all(one.passed for one in results), results
