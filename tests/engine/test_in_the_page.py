"""What hangs or breaks a kernel from within an answer is ERROR, TIMED OUT or nothing at all."""

from __future__ import annotations

import os
import time

import pytest

from workbook import callee, catalog, judge
from workbook.headless import answer_of
from workbook.local import LocalAnswer

EXERCISE = catalog.find("transition")
LIMIT = 1.0
HEAD = '@lab.exercise("transition")\ndef transition(state, event):\n    '
TROUBLE = {
    "cancels the timer": (
        "import signal\n    signal.alarm(9)\n    signal.alarm(0)\n    while True: pass"
    ),
    "an error whose text never ends": (
        "class E(Exception):\n        def __str__(self):\n            while True: pass\n    raise E"
    ),
    "an error whose text raises": (
        "class E(Exception):\n        def __str__(self):\n            raise self\n    raise E"
    ),
    "a result that never ends": (
        "class N:\n        __module__ = 'numpy'\n        def tolist(self):\n"
        "            while True: pass\n    return N()"
    ),
    "a frame that never ends": (
        "class DataFrame:\n        __module__ = 'pandas'\n        columns = ['a']\n"
        "        def copy(self):\n            while True: pass\n    return DataFrame()"
    ),
    "a number of many digits": "return 10 ** 20000",
    "closes the terminal": "import sys\n    sys.stdout.close(); sys.stderr.close()\n    print('x')",
    "ends the process's output": "import os\n    os.write(1, b'')\n    return b'\\xff' * 10",
    "a list that holds itself": "a = []\n    a.append(a)\n    return a",
    "deep nesting": "a = []\n    for _ in range(100000): a = [a]\n    return a",
    "a name that is no text": "return '\\ud800'",
}


@pytest.mark.skipif(os.name == "nt", reason="on Windows only running Python code can be ended")
@pytest.mark.parametrize("what", TROUBLE)
def test_it_is_a_verdict_and_the_process_lives(what, monkeypatch):
    answer = answer_of(EXERCISE.lab, EXERCISE.id, HEAD + TROUBLE[what])
    monkeypatch.setattr(callee, "SPEAKING", 0.3)
    began = time.monotonic()
    result = judge.judge(EXERCISE, LocalAnswer(answer, LIMIT), [7])
    assert result.verdict in ("TRY AGAIN", "ERROR", "TIMED OUT")
    assert str(result), "can be shown"
    assert time.monotonic() - began < 60
