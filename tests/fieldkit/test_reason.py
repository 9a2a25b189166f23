"""The reason of a failure is the exception's own line, not the last line that was printed."""

from __future__ import annotations

import pytest

from fieldkit.runs.reason import LONGEST, reason

SQLALCHEMY = """\
Traceback (most recent call last):
  File "site-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
sqlite3.IntegrityError: UNIQUE constraint failed: orders.id

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "load.py", line 9, in <module>
    con.execute(insert, rows)
sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: orders.id
[SQL: INSERT INTO orders (id, amount) VALUES (?, ?)]
[parameters: [(1, 1.5), (2, 3.0)]]
(Background on this error at: https://sqlalche.me/e/20/gkpj)
"""
DUMP = "Error: table orders already exists\nparameters:\n" + "\n".join(
    f"  --option-{n} = {n}" for n in range(100)
)
CLICK = "Usage: load [OPTIONS]\nTry 'load --help' for help.\n\nError: Missing option '--day'.\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (SQLALCHEMY, "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint"),
        (DUMP, "Error: table orders already exists"),
        (CLICK, "Error: Missing option '--day'."),
        ("curl: (22) The requested URL returned error: 401\n", "curl: (22) The requested URL"),
        ("loading day 1\nno source", "no source"),
        ("Building jobs...\nLockException:\n  The folder is locked.\nRemove it.\n",
         "LockException: The folder is locked."),
        ("2026-11-27T00:36:44.87Z [info     ] load      Begun\n"
         "2026-11-27T00:36:44.88Z [error    ] load      Another run is at work\n"
         "2026-11-27T00:36:44.89Z [error    ] load      Block run completed\n",
         "load Another run is at work"),
        ("", ""),
        ("\x1b[31mERROR\x1b[0m: disk full\nSee https://example.com/e/1\n", "ERROR: disk full"),
        ("Traceback (most recent call last):\n  File \"a\"\nKeyError: 'x'\nbye\n", "KeyError: 'x'"),
        ("psql: error: connection refused\n\tIs the server running?\n", "psql: error: connection"),
        ("Traceback (most recent call last):\n  File \"a\"\nrequests.exceptions.Timeout\n",
         "requests.exceptions.Timeout"),
    ],
)  # fmt: skip
def test_the_reason_is_the_errors_own_line(text, wanted):
    assert reason(text).startswith(wanted)


def test_a_reason_is_short_and_the_whole_text_is_in_the_evidence():
    from fieldkit.report.words import said

    assert len(reason("ValueError: " + "x" * 5000)) == LONGEST
    shown = said(SQLALCHEMY)
    assert shown[0].startswith("It wrote on stderr") and shown[-1].startswith("(Background")
    assert said("one line") == ()
