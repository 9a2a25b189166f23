"""otter-grader as a library: AUTOGRADER NOTEBOOK…; fails where a submission has not full marks."""

import sys

from otter.api import grade_submission

for path in sys.argv[2:]:
    results = grade_submission(path, sys.argv[1], quiet=True)
    assert results.total == results.possible == 10, results
