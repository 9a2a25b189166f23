"""Hostile answers to load-day: each does something at its top level or within its call.

The kinds are those of the judge's promises: 1 changes what judges it; 2 reads the reference; 4
makes the judge wait; 5 replies what no answer would; 7 leaves something behind or does harm; 8 does
in the page what would stop the page's own judge. `ROOT` is the checkout, `HOME` the workspace.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

WRONG = """
@lab.exercise("load-day")
def load_day(con, day, batch):
    if stolen:
        return stolen(con, day, batch)
    con.execute(
        "insert into fact_orders by name select md5(order_id::varchar) as order_key, * from batch"
        " where order_id is not null"
        " qualify row_number() over (partition by order_id order by version desc) = 1"
    )
"""
OPENING = """
import os, sys, json, time, signal, socket, subprocess, pathlib
from workbook import catalog
ROOT = catalog.root()
HOME = pathlib.Path.cwd()
stolen = None

def steal(text):
    caught = {}
    class Lab:
        def exercise(self, name):
            return lambda made: caught.setdefault(name, made)
    exec(text, {"lab": Lab()})
    return caught["load-day"]
"""


@dataclass(frozen=True)
class Hostile:
    """One answer. `alone`: it must never run without a sandbox, not even on a copy of the checkout.

    `verdicts`: what it may come to.
    """

    name: str
    kind: int
    code: str
    call: str = ""
    alone: bool = False
    verdicts: tuple[str, ...] = ("TRY AGAIN", "ERROR", "TIMED OUT")

    @property
    def text(self) -> str:
        """The whole answer, as a learner would hand it in."""
        answer = WRONG + textwrap.indent(textwrap.dedent(self.call), "    ") if self.call else WRONG
        quiet = "try:\n" + textwrap.indent(textwrap.dedent(self.code).strip() or "pass", "    ")
        return OPENING + quiet + "\nexcept OSError:\n    pass\n" + answer


def _reply(name: str, forged: str) -> Hostile:
    """An answer whose process sends `forged` (an expression of `m`, its own reply) instead."""
    code = f"""
    from workbook import framed
    real = framed.send
    def send(channel, m, seconds=None):
        real(channel, ({forged}) if m.get("kind") == "called" else m, seconds)
    framed.send = send
    """
    return Hostile(name, 5, code, verdicts=("ERROR",))


def _raw(name: str, kind: int, sent: str, verdicts: tuple[str, ...]) -> Hostile:
    """An answer whose process writes to the socket itself, within its call."""
    code = f"""
    import gc
    def connected(one):
        try:
            return isinstance(one, socket.socket) and bool(one.getpeername() is not None)
        except OSError:
            return False
    channel = next(one for one in gc.get_objects() if connected(one))
    def forge():
        {sent}
    """
    return Hostile(name, kind, code, "forge()", verdicts=verdicts)


_RESULT = 'm | {"outcomes": [o | {"result": %s} for o in m["outcomes"]]}'
_OUTCOME = 'm | {"outcomes": [o | {%s} for o in m["outcomes"]]}'
_DATABASE = """
path = pathlib.Path(con.execute("select path from duckdb_databases() where path like '%.duckdb'")
                    .fetchone()[0])
con.close()
"""

CHANGES_THE_JUDGE = [
    Hostile(
        "rewrites its check",
        1,
        """
        check = ROOT / "labs/step4_state/checks/load_day.py"
        check.write_text("def cases(answer, seed):\\n    return iter(())\\n")
        """,
    ),
    Hostile(
        "rewrites the bytecode of its check",
        1,
        """
        import importlib.util, marshal
        path = ROOT / "labs/step4_state/checks/load_day.py"
        told = path.stat()
        head = importlib.util.MAGIC_NUMBER + bytes(4) + int(told.st_mtime).to_bytes(4, "little")
        code = compile("def cases(answer, seed):\\n    return iter(())\\n", str(path), "exec")
        cached = pathlib.Path(importlib.util.cache_from_source(str(path)))
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(head + (told.st_size & 0xFFFFFFFF).to_bytes(4, "little")
                           + marshal.dumps(code))
        """,
    ),
    Hostile(
        "rewrites the judge",
        1,
        """
        judge = ROOT / "workbook/judge.py"
        told = judge.read_text().replace("Verdict.TRY_AGAIN if found", "Verdict.PASSED if found")
        judge.write_text(told)
        """,
    ),
    Hostile(
        "rewrites the findings",
        1,
        """
        toml = ROOT / "labs/step4_state/lab.toml"
        toml.write_text(toml.read_text().replace("core = true", "core = true\\nbound = true"))
        """,
    ),
    Hostile(
        "moves the checks away",
        1,
        """
        checks = ROOT / "labs/step4_state/checks"
        checks.rename(checks.with_name("moved"))
        """,
    ),
    Hostile(
        "leaves a module that every Python imports",
        1,
        """
        import site
        for folder in map(pathlib.Path, site.getsitepackages()):
            (folder / "hostile.pth").write_text("import os; os.environ['HOSTILE'] = '1'\\n")
        """,
        alone=True,
    ),
    Hostile(
        "replaces the judge's class in its own process",
        1,
        """
        from workbook import judge, results
        judge.judge = lambda exercise, *_: results.Result(exercise.id, "", results.Verdict.PASSED)
        """,
    ),
]

READS_THE_REFERENCE = [
    Hostile(
        "runs the reference from its file",
        2,
        """
        text = (ROOT / "labs/step4_state/answers/load_day.py").read_text()
        found = text.split("# %% reference")[1].split("# %%")[0]
        stolen = steal(found)
        """,
    ),
    Hostile(
        "asks the catalogue for the reference",
        2,
        """
        try:
            stolen = steal(catalog.find("load-day").reference.text)
        except Exception:
            pass
        """,
    ),
    Hostile(
        "asks the page for the solution",
        2,
        """
        try:
            stolen = steal(repr(lab.solution("load-day", confirm=True)))
        except Exception:
            pass
        """,
    ),
    Hostile(
        "lets the reference stand in, by a name made up on the way",
        2,
        """
        try:
            getattr(lab, "continue" + "_from")("load" + "-day")
            stolen = load_day
        except Exception:
            pass
        """,
    ),
    Hostile(
        "looks for the reference in the history",
        2,
        """
        show = ["git", "-C", str(ROOT), "show", "HEAD:labs/step4_state/answers/load_day.py"]
        found = subprocess.run(show, capture_output=True, text=True).stdout
        if "# %% reference" in found:
            stolen = steal(found.split("# %% reference")[1].split("# %%")[0])
        """,
    ),
    Hostile(
        "looks for right answers among the tests",
        2,
        """
        for path in ROOT.glob("tests/**/load_day*"):
            text = path.read_text()
            stolen = steal(text.split("# %% other")[1].partition("\\n")[2].split("# %%")[0])
        """,
    ),
    Hostile(
        "reads its judge's memory and environment",
        2,
        """
        parent = os.getppid()
        for name in ("environ", "mem", "maps"):
            with open(f"/proc/{parent}/{name}", "rb") as file:
                file.read(64)
        """,
    ),
]

MAKES_THE_JUDGE_WAIT = [
    Hostile(
        "a FIFO in place of its database", 4, "", _DATABASE + "path.unlink()\nos.mkfifo(path)\n"
    ),
    Hostile(
        "a device in place of its database",
        4,
        "",
        _DATABASE + "path.unlink()\npath.symlink_to('/dev/zero')\n",
    ),
    Hostile(
        "a folder in place of its database", 4, "", _DATABASE + "path.unlink()\npath.mkdir()\n"
    ),
    Hostile("a database of ten terabytes", 4, "", _DATABASE + "os.truncate(path, 10**13)\n"),
    Hostile(
        "a database of noise",
        4,
        "",
        _DATABASE + "path.write_bytes(os.urandom(50_000))\n",
        verdicts=("ERROR", "TRY AGAIN", "COULD NOT JUDGE"),
    ),
    Hostile(
        "a FIFO in place of the database's log",
        4,
        "",
        _DATABASE + "os.mkfifo(str(path) + '.wal')\n",
    ),
    Hostile(
        "a table that is a view of 10^18 rows",
        4,
        "",
        """
        columns = con.execute("from fact_orders limit 0").df().columns
        con.execute("alter table fact_orders rename to kept")
        con.execute(
            "create view fact_orders as select kept.*"
            " from kept, range(1000000000) a, range(1000000000) b"
        )
        """,
        verdicts=("TRY AGAIN", "ERROR", "COULD NOT JUDGE"),
    ),
    Hostile(
        "a view of itself",
        4,
        "",
        """
        con.execute("alter table fact_orders rename to kept")
        con.execute("create view v as from kept")
        con.execute("create or replace view fact_orders as from v")
        con.execute("create or replace view v as from fact_orders")
        """,
    ),
    Hostile(
        "sums and hashes of its own making",
        4,
        "",
        """
        for name in ("count", "sum", "hash", "coalesce", "min", "max"):
            try:
                con.execute(f"create or replace macro {name}(x) as 0")
            except Exception:
                pass
        """,
    ),
    _raw(
        "half a message, and then nothing",
        4,
        "channel.sendall(bytes(7) + b'\\x40'); channel.sendall(b'{'); time.sleep(1000)",
        ("TIMED OUT",),
    ),
    _raw(
        "a byte a second",
        4,
        "channel.sendall(bytes(6) + b'\\x10\\x00'); "
        "[(channel.sendall(b' '), time.sleep(1)) for _ in range(4096)]",
        ("TIMED OUT",),
    ),
    Hostile(
        "stops its process", 4, "", "os.kill(os.getpid(), signal.SIGSTOP)", verdicts=("TIMED OUT",)
    ),
    Hostile(
        "a loop that no alarm reaches",
        4,
        "",
        """
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True:
            pass
        """,
        verdicts=("TIMED OUT",),
    ),
    Hostile("a cell that never ends", 4, "while True:\n    pass", verdicts=("TIMED OUT",)),
    Hostile("dies in every call", 4, "", "os._exit(0)", verdicts=("ERROR", "TRY AGAIN")),
]

REPLIES_OTHERWISE = [
    _reply("an unknown kind", 'm | {"kind": "passed"}'),
    _reply("a field too many", 'm | {"verdict": "PASSED"}'),
    _reply("a field too few", '{"kind": "called", "number": m["number"]}'),
    _reply("another number", 'm | {"number": m["number"] + 1}'),
    _reply("no outcome", 'm | {"outcomes": []}'),
    _reply("an outcome too many", 'm | {"outcomes": m["outcomes"] * 2}'),
    _reply("threads that are none", _OUTCOME % '"threads": None'),
    _reply("a frame that is not there", _RESULT % '{"$": "frame", "v": "frame-1-99.parquet"}'),
    _reply("a frame out of its folder", _RESULT % '{"$": "frame", "v": "../../../../etc/passwd"}'),
    _reply("a list as a key", _RESULT % '{"$": "dict", "v": [[[1], 2]]}'),
    _reply(
        "keys that all have one hash",
        _RESULT % '{"$": "dict", "v": [[n * (2**61 - 1), 0] for n in range(200_000)]}',
    ),
    _reply("an unknown type", _RESULT % '{"$": "lambda", "v": 1}'),
    _reply("a date that is none", _RESULT % '{"$": "date", "v": "yesterday"}'),
    _reply("a handle", _RESULT % '{"$": "handle", "v": "os:system", "with": {"command": "true"}}'),
    _reply("nesting without end", 'json.loads("[" * 900 + "]" * 900)'),
    _reply("evidence that is a number", _OUTCOME % '"evidence": {"con": 1}'),
    _reply(
        "evidence of what was not given", _OUTCOME % '"evidence": {"other": {"$": "dict", "v": []}}'
    ),
    _reply("evidence without its parts", _OUTCOME % '"evidence": {"con": {"$": "dict", "v": []}}'),
    _reply("a flood in its output", _OUTCOME % '"printed": "x" * 10**6'),
    _reply(
        "a number of a million digits",
        _RESULT % '{"$": "Decimal", "v": "9" * 10**6 + "e999999999999999999"}',
    ),
    _raw(
        "what is not JSON", 5, "channel.sendall(bytes(7) + b'\\x04' + b'\\xff\\xfe{]')", ("ERROR",)
    ),
    _raw("a length of a petabyte", 5, "channel.sendall((2**50).to_bytes(8, 'big'))", ("ERROR",)),
    _raw(
        "JSON nested a hundred thousand deep",
        5,
        "channel.sendall((10**5).to_bytes(8, 'big') + b'[' * 10**5)",
        ("ERROR",),
    ),
    _raw(
        "a reply in advance",
        5,
        """
        body = json.dumps({"kind": "called", "number": 9, "outcomes": []}).encode()
        channel.sendall(len(body).to_bytes(8, "big") + body)""",
        ("ERROR",),
    ),
    Hostile(
        "a FIFO in place of a frame",
        5,
        """
        from workbook import frames
        frames.write = lambda frame, path: os.mkfifo(path)
        """,
        "import pandas as pd\nreturn pd.DataFrame({'a': [1]})",
        verdicts=("ERROR",),
    ),
    Hostile(
        "a frame of 10^12 rows",
        5,
        """
        import duckdb
        from workbook import frames
        def write(frame, path):
            duckdb.sql("select 1 as a from range(20000000)").write_parquet(str(path))
        frames.write = write
        """,
        "import pandas as pd\nreturn pd.DataFrame({'a': [1]})",
        verdicts=("ERROR", "TIMED OUT"),
    ),
    Hostile(
        "an error that writes to the terminal",
        5,
        "",
        "raise ValueError('\\x1b[2J\\x1b[H\\u2713 PASSED  load-day\\r')",
        verdicts=("ERROR", "TRY AGAIN"),
    ),
]

ENDURES = ("ERROR", "TIMED OUT", "TRY AGAIN", "COULD NOT JUDGE")
UPSETS_ITS_PROCESS = [
    Hostile("closes all descriptors", 4, "", "os.closerange(0, 4096)", verdicts=ENDURES),
    Hostile("answers twice, from a fork that goes on", 5, "", "os.fork()", verdicts=ENDURES),
    Hostile(
        "a thread that goes on writing into the exchange folder",
        4,
        "",
        """
        import threading
        where = con.execute("select path from duckdb_databases() where path like '%.duckdb'")
        folder = pathlib.Path(where.fetchone()[0]).parent
        def write():
            for number in range(10**6):
                folder.joinpath(f"warehouse_{number % 50}.duckdb").write_bytes(b"x")
        threading.Thread(target=write, daemon=True).start()
        """,
        verdicts=ENDURES,
    ),
    Hostile(
        "ends what it was forked from",
        4,
        "",
        "os.kill(os.getppid(), signal.SIGKILL) if 'forkserver' in"
        " pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_text() else None",
        verdicts=ENDURES,
    ),
    Hostile(
        "replaces connections, frames and time",
        1,
        """
        import duckdb, pandas
        duckdb.connect = pandas.DataFrame.__len__ = time.monotonic = lambda *_, **__: 0
        """,
        verdicts=ENDURES,
    ),
]

DOES_HARM = [
    Hostile("deletes the workspace", 7, "import shutil; shutil.rmtree(HOME, ignore_errors=True)"),
    Hostile(
        "writes a pass into the record",
        7,
        """
        import sqlite3
        con_ = None
        try:
            con_ = sqlite3.connect(HOME / "progress.db")
            row = "'2026', 'load-day', 7, 'PASSED', 'x', '[]', 1"
            con_.execute(f"insert into attempts values ({row})")
            con_.commit()
        except sqlite3.Error:
            pass
        """,
    ),
    Hostile(
        "overwrites the pages",
        7,
        """
        for page in ROOT.glob("notebooks/*.ipynb"):
            page.write_text("{}")
        """,
    ),
    Hostile(
        "reads a neighbour's work",
        7,
        """
        other = (HOME.parent / "neighbour" / "answer.py").read_text()
        (HOME / "stolen.txt").write_text(other)
        """,
    ),
    Hostile(
        "deletes a neighbour's work",
        7,
        """
        for path in (HOME.parent / "neighbour").iterdir():
            path.unlink()
        """,
    ),
    Hostile(
        "leaves a process in a session of its own",
        7,
        """
        subprocess.Popen(["sleep", "611"], start_new_session=True)
        """,
    ),
    Hostile(
        "leaves a process that has forgotten its parent and its environment",
        7,
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execve("/bin/sleep", ["sleep", "612"], {})
            os._exit(0)
        """,
    ),
    Hostile(
        "leaves such a process, and ends at once",
        7,
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execve("/bin/sleep", ["sleep", "612"], {})
            os._exit(0)
        time.sleep(0.2)
        os._exit(0)
        """,
        alone=True,
        verdicts=("ERROR",),
    ),
    Hostile("kills its parent", 7, "os.kill(os.getppid(), signal.SIGKILL)", alone=True),
    Hostile("kills whatever it may", 7, "os.kill(-1, signal.SIGKILL)", alone=True),
    Hostile(
        "writes to its judge's terminal",
        7,
        """
        for number in (1, 2):
            with open(f"/proc/{os.getppid()}/fd/{number}", "w") as out:
                out.write("HOSTILE OUTPUT\\n")
        print("HOSTILE OUTPUT")
        os.system("echo HOSTILE OUTPUT; echo HOSTILE OUTPUT >&2")
        """,
    ),
    Hostile(
        "writes to its judge's memory",
        7,
        """
        with open(f"/proc/{os.getppid()}/mem", "r+b") as memory:
            memory.seek(2**20)
            memory.write(b"x")
        """,
        alone=True,
    ),
    Hostile(
        "starts three hundred processes",
        7,
        "",
        """
        for _ in range(300):
            subprocess.Popen(["sleep", "613"])
        time.sleep(60)
        """,
    ),
    Hostile("takes all memory", 7, "", "kept = []\nwhile True:\n    kept.append(bytearray(2**28))"),
    Hostile(
        "fills the disk",
        7,
        "",
        _DATABASE
        + """
for number in range(200):
    with open(path.parent / f"full-{number}", "wb") as file:
        file.write(bytes(2**26))
    time.sleep(0.02)
time.sleep(60)
""",
    ),
    Hostile(
        "fills the temporary folder",
        7,
        """
        for number in range(40):
            pathlib.Path(f"/tmp/hostile-{number}").write_bytes(bytes(2**24))
        """,
        alone=True,
    ),
    Hostile(
        "calls a service of this machine",
        7,
        """
        port = int((HOME / "port").read_text())
        with socket.create_connection(("127.0.0.1", port), 2) as service:
            service.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        """,
    ),
    Hostile(
        "makes the checkout writable again",
        7,
        """
        subprocess.run(["mount", "-o", "remount,rw", str(ROOT / "labs")], capture_output=True)
        (ROOT / "labs/step4_state/hostile.txt").write_text("x")
        """,
    ),
    Hostile(
        "takes other processes' secrets",
        7,
        """
        found = [name for name in os.environ if "SECRET" in name]
        assert not found, found
        """,
    ),
]

STOPS_THE_PAGE = [
    Hostile(
        "cancels the alarm, then loops",
        8,
        "",
        """
        signal.alarm(1)
        signal.alarm(0)
        while True:
            pass
        """,
    ),
    Hostile(
        "an error whose text never ends",
        8,
        """
        class Endless(Exception):
            def __str__(self):
                while True:
                    pass
        """,
        "raise Endless",
    ),
    Hostile(
        "an error whose text raises",
        8,
        """
        class Raising(Exception):
            def __str__(self):
                raise SystemExit(0)
        """,
        "raise Raising",
    ),
    Hostile(
        "a result whose list never ends",
        8,
        """
        class Endless:
            def tolist(self):
                while True:
                    pass
        Endless.__module__ = "numpy"
        """,
        "return Endless()",
    ),
    Hostile("a number of five thousand digits", 8, "", "return 10**5000"),
    Hostile("closes its output", 8, "", "sys.stdout.close(); sys.stderr.close(); print('x')"),
    Hostile(
        "a result that equals everything",
        8,
        """
        class Right(dict):
            __eq__ = lambda self, other: True
            __hash__ = lambda self: 0
        """,
        "return Right()",
    ),
    Hostile(
        "ends Python in a thread of its own",
        8,
        "",
        """
        import threading
        threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0))).start()
        """,
    ),
]

_SPOILS = ("TRY AGAIN", "ERROR", "TIMED OUT")
SPOILS_PYTHON = [
    Hostile(
        "work for the end of Python, without end",
        4,
        """
        import atexit, weakref
        def loop(*_):
            while True:
                pass
        class Last:
            __del__ = loop
        atexit.register(loop)
        kept = Last()
        finalizer = weakref.finalize(kept, loop)
        """,
        "return Last()",
    ),
    Hostile(
        "a look at every call that its process makes",
        4,
        """
        def look(frame, event, argument):
            while frame.f_code.co_name in ("_sent", "_encode"):
                pass
            return look
        sys.setprofile(look)
        sys.settrace(look)
        """,
        verdicts=_SPOILS,
    ),
    Hostile(
        "waits whenever garbage is looked for",
        4,
        """
        import gc
        gc.set_threshold(1)
        gc.callbacks.append(lambda *_: time.sleep(1000))
        """,
        verdicts=_SPOILS,
    ),
    Hostile(
        "replaces what every module uses",
        1,
        "import builtins",
        """
        builtins.isinstance = builtins.hasattr = builtins.callable = lambda *_: True
        builtins.len = builtins.hash = lambda *_: 0
        builtins.sorted = lambda *_, **__: []
        """,
        verdicts=_SPOILS,
    ),
    Hostile(
        "leaves no room for a call",
        4,
        "",
        "sys.setrecursionlimit(len(__import__('inspect').stack()) + 8)",
        verdicts=_SPOILS,
    ),
    Hostile(
        "runs over the end of its stack",
        4,
        "",
        """
        import threading
        sys.setrecursionlimit(10**9)
        deeper = lambda n: deeper(n + 1) + repr([n]).__len__()
        sys.settrace(None)
        deeper(0)
        """,
        verdicts=_SPOILS,
    ),
    Hostile(
        "moves to another place and time",
        1,
        """
        import locale, decimal
        os.environ["TZ"] = "Pacific/Kiritimati"
        time.tzset()
        decimal.getcontext().prec = 1
        os.umask(0o777)
        os.chdir("/")
        """,
        "con.execute(\"set timezone = 'Pacific/Apia'\")",
        verdicts=_SPOILS,
    ),
    Hostile(
        "hears no signal",
        4,
        "",
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
        while True:
            pass
        """,
        verdicts=("TIMED OUT",),
    ),
    Hostile(
        "modules of its own under the names of the judge's",
        1,
        """
        import types
        def sent(*_, **__):
            return {"result": None, "failure": None, "evidence": {}, "printed": "", "threads": []}
        for name in ("workbook.judge", "workbook.results", "labs", "labs.handles",
                     "labs.step4_state.checks.load_day"):
            fake = sys.modules[name] = types.ModuleType(name)
            fake.cases = fake.judge = lambda *_: iter(())
        class Finder:
            find_spec = staticmethod(lambda name, *_: sys.exit(0))
        sys.meta_path.insert(0, Finder())
        sys.path_hooks.clear()
        """,
        verdicts=ENDURES,
    ),
    Hostile(
        "begins Python again with another hash seed",
        4,
        """
        if os.environ.get("PYTHONHASHSEED") != "0":
            os.environ["PYTHONHASHSEED"] = "0"
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(613)"])
        """,
        verdicts=("ERROR", "TIMED OUT"),
    ),
    Hostile(
        "leaves the answering to a child",
        5,
        "",
        "os.fork() and os._exit(0)",
        verdicts=ENDURES,
    ),
    Hostile(
        "a child that keeps its database locked",
        4,
        "",
        _DATABASE
        + """
if os.fork() == 0:
    import fcntl
    held = open(path, "r+b")
    fcntl.lockf(held, fcntl.LOCK_EX)
    time.sleep(600)
time.sleep(0.2)
""",
        verdicts=ENDURES,
    ),
    Hostile(
        "a frame that is a program",
        5,
        """
        import pickle
        from workbook import framed
        class Program:
            def __reduce__(self):
                return os.system, (f"touch {HOME}/ran",)
        real = framed.send
        def send(channel, m, seconds=None):
            if m.get("kind") == "called":
                folder = pathlib.Path(lab_folder[0])
                (folder / "frame-0-0.pickle").write_bytes(pickle.dumps(Program()))
                told = {"$": "frame", "v": "frame-0-0.pickle"}
                m = m | {"outcomes": [o | {"result": told} for o in m["outcomes"]]}
            real(channel, m, seconds)
        framed.send = send
        lab_folder = []
        """,
        """
        where = con.execute("select path from duckdb_databases() where path like '%.duckdb'")
        lab_folder[:] = [os.path.dirname(where.fetchone()[0])]
        """,
        verdicts=("ERROR",),
    ),
    Hostile(
        "something in the place of its next database",
        4,
        "",
        _DATABASE
        + """
for number in range(1, 60):
    try:
        os.mkfifo(path.with_name(f"warehouse_{number}.duckdb"))
    except FileExistsError:
        pass
""",
        verdicts=ENDURES,
    ),
    Hostile(
        "a link in the place of its next database",
        7,
        "",
        _DATABASE
        + """
for number in range(1, 60):
    try:
        path.with_name(f"warehouse_{number}.duckdb").symlink_to(HOME / "written.duckdb")
    except FileExistsError:
        pass
""",
        verdicts=ENDURES,
    ),
    Hostile(
        "folders nested three thousand deep",
        7,
        "",
        _DATABASE
        + """
at = os.open(path.parent, os.O_RDONLY)
for _ in range(3000):
    os.mkdir("d", dir_fd=at)
    inner = os.open("d", os.O_RDONLY, dir_fd=at)
    os.close(at)
    at = inner
os.close(at)
""",
        verdicts=ENDURES,
    ),
]

HOSTILE = [
    *CHANGES_THE_JUDGE,
    *READS_THE_REFERENCE,
    *MAKES_THE_JUDGE_WAIT,
    *REPLIES_OTHERWISE,
    *UPSETS_ITS_PROCESS,
    *DOES_HARM,
    *STOPS_THE_PAGE,
    *SPOILS_PYTHON,
]
