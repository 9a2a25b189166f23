"""What hangs or breaks a kernel from within an answer is ERROR, TIMED OUT or nothing at all."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import time

import pytest
from jupyter_client.manager import start_new_kernel

from labs.handles import database
from workbook import callee, catalog, judge, local
from workbook.headless import answer_of
from workbook.local import LocalAnswer

EXERCISE = catalog.find("transition")
LIMIT = 1.0
HEAD = '@lab.exercise("transition")\ndef transition(state, event):\n    '
GOES = "class Stays:\n        def __del__(self):\n            while True: pass\n"
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
    "an error of half letters": "raise ValueError('\\ud800\\0')",
    "an error whose text is a text of its own": (
        "class T(str):\n        def __str__(self):\n            while True: pass\n"
        "    class E(Exception):\n        def __str__(self):\n            return T('x')\n"
        "    raise E"
    ),
    "an error that names itself": (
        "class M(type):\n        @property\n        def __name__(cls):\n"
        "            while True: pass\n"
        "    class E(Exception, metaclass=M): pass\n    raise E"
    ),
    "a result that does not go": f"{GOES}    return Stays()",
    "what an error holds does not go": f"{GOES}    stays = Stays()\n    raise ValueError('x')",
    "what is late does not go": f"{GOES}    stays = Stays()\n    while True: pass",
    "a generator that does not go": (
        "def numbers():\n        try:\n            yield 1\n        finally:\n"
        "            while True: pass\n    one = numbers()\n    next(one)\n    return one"
    ),
    "recursion far beyond the limit": (
        "import sys; sys.setrecursionlimit(200_000)\n    return transition(state, event)"
    ),
    "no room to recur": "import sys; sys.setrecursionlimit(150)\n    raise ValueError",
    "waits for a program": "import os; os.system('sleep 70')",
    "a coroutine": "async def later(): pass\n    return later()",
}


@pytest.mark.skipif(os.name == "nt", reason="on Windows only running Python code can be ended")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("what", TROUBLE)
def test_it_is_a_verdict_and_the_process_lives(what, monkeypatch):
    answer = answer_of(EXERCISE.lab, EXERCISE.id, HEAD + TROUBLE[what])
    monkeypatch.setattr(callee, "SPEAKING", 0.3)
    began, depth = time.monotonic(), sys.getrecursionlimit()
    result = judge.judge(EXERCISE, LocalAnswer(answer, LIMIT), [7])
    assert result.verdict in ("TRY AGAIN", "ERROR", "TIMED OUT")
    assert json.dumps(result._repr_mimebundle_(), ensure_ascii=False).encode(), "can be shown"
    assert sys.getrecursionlimit() == depth
    assert time.monotonic() - began < 60


LOAD = catalog.find("load-day")
STATEMENTS = (
    "set default_order='desc'; set threads=2; set memory_limit='1KB'",
    "set enable_external_access=false",
    "set lock_configuration=true",
    "drop table fact_orders; create view fact_orders as select 1 as order_id",
    "drop table fact_orders; create view fact_orders as select * from read_csv('x')",
)


def test_what_an_answer_makes_of_the_database_that_all_share_ends_with_it():
    opening = '@lab.exercise("load-day")\ndef load_day(con, day, batch):\n    con.execute('
    for statement in STATEMENTS:
        answer = answer_of(LOAD.lab, LOAD.id, f"{opening}{statement!r})")
        told = judge.judge(LOAD, LocalAnswer(answer, LIMIT), [7])
        # DuckDB refuses to hold less than it holds already: how much that is, others decide.
        assert told.verdict in ("ERROR", "TRY AGAIN"), (statement, told)
    settings = "select value from duckdb_settings() where name in ('default_order', 'threads')"
    assert database._instance().execute(settings).fetchall() == [("ASCENDING",), ("1",)]
    right = answer_of(LOAD.lab, LOAD.id, LOAD.reference.text)
    assert judge.judge(LOAD, LocalAnswer(right, 9 * LIMIT), [7]).passed


@pytest.mark.parametrize("name", ["land-file", "role-database"])
def test_no_folder_that_an_answer_was_given_outlives_its_check(name, monkeypatch, tmp_path):
    monkeypatch.setattr(local, "memory_backed", lambda: str(tmp_path))
    exercise = catalog.find(name)
    answer = LocalAnswer(answer_of(exercise.lab, name, exercise.reference.text), 9 * LIMIT)
    kept = answer.folder()
    assert judge.judge(exercise, answer, [7]).passed
    assert os.path.isdir(kept)
    del answer
    gc.collect()
    assert not list(tmp_path.iterdir())


OPENED = """
from workbook import open_lab
lab = open_lab("step4_state")
"""
CHECK = '\nlab.check("transition")'
PATIENCE = 60  # seconds
BREAKS = {
    "exit()": "exit()",
    "a fork of the kernel": "import os\n    os.fork()\n    raise ValueError",
    "stops the loop": "import asyncio\n    asyncio.get_event_loop().stop()",
    "a program that floods the page": (
        "import subprocess\n    subprocess.run('yes | head -c 3000000', shell=True)\n"
        "    raise ValueError"
    ),
}


@contextlib.contextmanager
def start_new_kernel_within(folder):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Runs a cell in a kernel of its own; gives back its outputs."""
    with start_new_kernel_within(tmp_path_factory.mktemp("page")) as client:

        def run(source):
            told = []
            reply = client.execute_interactive(
                source, timeout=PATIENCE, allow_stdin=False,
                output_hook=lambda message: told.append(message["content"]),
            )  # fmt: skip
            assert reply["content"]["status"] == "ok", told
            return told

        run(OPENED)
        yield run


@pytest.mark.skipif(os.name == "nt", reason="forks, and asks a POSIX shell")
def test_a_kernel_lives_through_what_ends_one(kernel):
    """One kernel for all, each of which would leave none for the next."""
    for what, body in BREAKS.items():
        told = kernel(HEAD + body + CHECK)
        shown = [one["data"]["text/plain"] for one in told if "data" in one]
        assert len(shown) == 1 and shown[0].startswith("! ERROR"), (what, told)
        assert len(str(told)) < 5_000, what
        assert [one.get("text") for one in kernel("print(6 * 7)") if "text" in one] == ["42\n"]
