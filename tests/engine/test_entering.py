"""A process that is forked into a sandbox: nothing of the outside goes with it, and what if not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.elsewhere import no_sandbox
from workbook import catalog, entering, keeper, launch
from workbook.session import Cell, Session

pytestmark = [
    no_sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no sandbox to enter"),
]
LOOKS = """
import json, os, pathlib, sys
def tried(function, *given):
    try:
        return function(*given)
    except OSError as error:
        return f"refused: {error.strerror}"
status = pathlib.Path("/proc/self/status").read_text().splitlines()
told = {
    "program": os.readlink("/proc/self/exe"),
    "processes": sorted(int(one) for one in os.listdir("/proc") if one.isdigit()),
    "parent": os.getppid(),
    "rights": {line.split()[1] for line in status if line.startswith("Cap")} == {"0" * 16},
    "no new ones": "NoNewPrivs:\\t1" in status,
    "environment": pathlib.Path("/proc/self/environ").read_text(),
    "files": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
    "outside": tried(os.listdir, OUTSIDE),
    "networks": sorted(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else [],
    "file": os.stat("/proc/self/exe").st_ino,
    "written": tried(open, "/proc/self/exe", "r+b"),
    "mapped": tried(os.stat, "/proc/self/map_files/" + os.listdir("/proc/self/map_files")[0]),
    "temporary": __import__("tempfile").gettempdir(),
    "hash": hash("a word"),
    "sets": list({"one", "two", "three", "four"}),
}
pathlib.Path(os.environ["WORKBOOK_GATE"], "told").write_text(json.dumps(told, default=str))
"""


@pytest.fixture(autouse=True)
def servers(monkeypatch):
    """Servers of this test's own."""
    monkeypatch.setattr(entering, "_servers", [])
    monkeypatch.setattr(entering, "_lost", set())
    yield entering._servers
    for one in entering._servers:
        one._control.close()


def told(folder, hash_seed=launch.HASH_SEEDS[0]):
    """What a process in a sandbox sees of itself."""
    looks = f"OUTSIDE = {os.fspath(folder.parent)!r}\n{LOOKS}"
    with Session([Cell(looks, "looks")], cwd=folder, isolated=True, hash_seed=hash_seed) as held:
        assert held.stops == [], held.stops
        return json.loads((held.exchange / "told").read_text(encoding="utf-8"))


def cold(monkeypatch):
    monkeypatch.setattr(entering, "entered", lambda *_: None)


@pytest.fixture
def page(tmp_path):
    """The page's folder, beside one that is nobody's business."""
    (tmp_path / "other").mkdir()
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_nothing_of_the_outside_goes_with_it(page, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "seen")
    seen = told(page)
    assert seen["program"].startswith("/memfd:python"), "it was forked"
    assert seen["rights"] and seen["no new ones"]
    assert seen["processes"] == [1, 2, 3], "bubblewrap's own two, and itself"
    assert seen["parent"] == 0, "who is outside has no number there"
    assert "MY_SECRET" not in seen["environment"]
    assert len(seen["files"]) == 4, "three that lead nowhere, and the way to its judge"
    assert seen["outside"] == ["home"]
    assert seen["written"].startswith("refused")
    assert seen["mapped"].startswith("refused")
    # It may do with its program what it likes, such as let nobody run it: never try that here.
    assert seen["file"] != os.stat(sys.executable).st_ino


OF_ITSELF = """
import os, pathlib
status = pathlib.Path("/proc/self/status").read_text()
rights = "CapEff:\\t0000000000000000" not in status
told = f"{os.readlink('/proc/self/exe')} {os.getuid()} {rights}"
pathlib.Path(os.environ["WORKBOOK_GATE"], "told").write_text(told)
"""
USER = f"""
import sys
from pathlib import Path
from workbook.session import Cell, Session
with Session([Cell({OF_ITSELF!r}, "looks")], cwd=Path(sys.argv[1]), isolated=True) as held:
    print(held.stops, (held.exchange / "told").read_text())
"""


def test_a_user_without_rights_enters_it_as_well(page):
    user = ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--dev-bind", "/", "/"]
    command = [*user, sys.executable, "-c", USER, str(page)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=catalog.root())
    assert (ran.stdout, ran.stderr) == ("[] /memfd:python (deleted) 1000 False\n", "")


@pytest.mark.parametrize("hash_seed", launch.HASH_SEEDS)
def test_it_finds_what_one_that_began_cold_finds(page, monkeypatch, hash_seed):
    same = ("rights", "no new ones", "outside", "networks", "temporary", "hash", "sets")
    entered = told(page, hash_seed)
    cold(monkeypatch)
    began = told(page, hash_seed)
    assert "memfd" in entered["program"] and "memfd" not in began["program"]
    assert {name: entered[name] for name in same} == {name: began[name] for name in same}


def test_the_next_one_does_not_find_what_the_last_one_left(page):
    leaves = (
        "import os, pathlib\npathlib.Path('/tmp/left').write_text('x')\nos.fork() or os.execvp("
    )
    leaves += "'sleep', ['sleep', '600'])"
    looks = "import pathlib\nassert not pathlib.Path('/tmp/left').exists()\n"
    looks += "assert len([n for n in pathlib.Path('/proc').iterdir() if n.name.isdigit()]) == 3"
    for source in (leaves, looks):
        with Session([Cell(source, "c")], cwd=page, isolated=True) as held:
            assert held.stops == []


def test_a_server_that_is_gone_costs_nothing(page, servers):
    told(page)
    (server,) = servers
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    assert told(page)["rights"], "cold, or from another server"
    assert "memfd" in told(page)["program"]


@pytest.mark.parametrize("refused", [OSError, LookupError])
def test_where_it_cannot_enter_it_begins_cold_in_a_sandbox(page, monkeypatch, refused):
    if refused is OSError:  # a kernel that makes no sealed copy
        monkeypatch.setattr(os, "memfd_create", lambda *_: (_ for _ in ()).throw(OSError(38, "no")))
    else:  # a sandbox that is none: the process ends where it stands
        monkeypatch.setattr(entering, "_held", lambda holder: os.getpid())
    seen = told(page)
    assert "memfd" not in seen["program"]
    assert (seen["outside"], seen["rights"]) == (["home"], True)
    assert entering._servers == []


def test_a_server_ends_with_its_judge(page, servers):
    told(page)
    (server,) = servers
    server._control.close()
    server._process.wait(60)
    assert not keeper.alive(server._process.pid)


def test_a_server_imports_more_when_more_is_wanted(page, servers):
    names = "colorsys", "nothing_is_called_so"
    for modules in ((), names):
        entering.warm_up(modules=modules)
    entering.warm_up(modules=names[:1])
    assert len(servers) == 1
    looks = "import sys\nassert 'colorsys' in sys.modules"
    with Session([Cell(looks, "c")], cwd=page, isolated=True, modules=names) as held:
        assert held.stops == []


def test_it_runs_no_copy_that_anybody_can_write():
    number = entering._copy_of_python()
    try:
        assert Path(f"/proc/self/fd/{number}").read_bytes() == Path(sys.executable).read_bytes()
        with pytest.raises(OSError, match="not permitted"):
            os.write(number, b"x")
    finally:
        os.close(number)


PARTS = f"""
import sys
from workbook.inside import parted
server = parted(["colorsys"])
before = set(sys.modules)
import json, os
from pathlib import Path
os.environ["MY_SECRET"] = "seen"
from workbook import entering
from workbook.session import Cell, Session
entering.adopt("1", ["colorsys"], server)
cell = Cell({OF_ITSELF!r} + '''
import json, sys
told = [told, sorted(sys.modules), pathlib.Path("/proc/self/environ").read_text(), hash("a word")]
pathlib.Path(os.environ["WORKBOOK_GATE"], "told").write_text(json.dumps(told))
''', "looks")
with Session([cell], cwd=Path(sys.argv[1]), isolated=True, modules=["colorsys"]) as held:
    told = json.loads((held.exchange / "told").read_text())
print(json.dumps([*told, hash("a word"), len(entering._servers), "colorsys" in before]))
"""


def test_a_judge_that_imported_beside_its_server_leaves_nothing_of_its_own_in_it(page):
    with entering.clean_python(PARTS, launch.HASH_SEEDS[0]) as (argv, options):
        command = [*argv, str(page)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert not ran.stderr
    itself, modules, environment, hashed, ours, servers, imported = json.loads(ran.stdout)
    assert itself.startswith("/memfd:python") and imported and servers == 1, "it was forked from it"
    assert "colorsys" in modules and "workbook.entering" not in modules
    assert "MY_SECRET" not in environment and hashed == ours
