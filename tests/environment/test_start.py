"""start.py: every fault that the doctor knows is caused here, and its fix is followed."""

from __future__ import annotations

import ast
import hashlib
import http.server
import importlib.util
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.environment.constraints import LOCK, ROOT
from tests.servers import certificate, serving

START = ROOT / "start.py"
SHORT = ("iniconfig", "ipykernel")  # the lock of the checkout that these tests break
SELF = shlex.quote(sys.executable)  # in the text of a shell
OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="faults are caused with a POSIX shell")


def start(room: Path, *words: str, env: dict[str, str] | None = None, **how) -> SimpleNamespace:
    """Run start.py in a room; the text of a machine that has nothing set."""
    command = how.pop("command", [sys.executable, "start.py", *words])
    given = {name: value for name, value in (clean() | (env or {})).items() if value is not None}
    ran = subprocess.run(
        command, cwd=room, env=given, text=True, check=False,
        capture_output=True, timeout=120, **how,
    )  # fmt: skip
    assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
    return SimpleNamespace(code=ran.returncode, out=ran.stdout, err=ran.stderr)


def clean() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = ("SSL_CERT_FILE", "PIP_CERT", "LANG")
    return {"PATH": path, "HOME": os.environ["START_HOME"]} | {
        name: os.environ[name] for name in kept if name in os.environ
    }


def looked(room: Path, env: dict[str, str] | None = None, **how) -> dict[str, dict[str, str]]:
    """What `doctor --json` says, by the name of the check."""
    ran = start(room, "doctor", "--json", env=env, **how)
    told = json.loads(ran.out)
    assert ran.code == (1 if told["faults"] else 0)
    assert told["code"].endswith(f"X{len(told['faults'])}") == bool(told["faults"])
    for check in told["checks"]:
        assert bool(check["fix"]) or check["mark"] != "x", check
        assert "\n" not in check["fix"], "one line"
    return {check["name"]: check for check in told["checks"]}


def followed(room: Path, fix: str, env: dict[str, str] | None = None, **how) -> dict:
    """Follow a fix as one would in a shell, then look again in that shell."""
    code = f"{fix}\nexec {SELF} start.py doctor --json > told.json"
    ran = start(room, env=env, command=["bash", "-c", code], **how)
    assert ran.code in (0, 1), ran.err
    return {
        check["name"]: check for check in json.loads((room / "told.json").read_text())["checks"]
    }


def furnish(room: Path, names: tuple[str, ...] = SHORT) -> Path:
    """A checkout with a short lock, and what start.py needs of the rest."""
    room.mkdir()
    for name in ("start.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, room)
    for name in ("workbook", "fieldkit", "labs", "notebooks"):
        shutil.copytree(ROOT / name, room / name, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK.read_text(encoding="utf-8"), flags=re.M)
    short = [block for block in blocks if block.split("==")[0] in names]
    (room / "requirements.lock").write_text("".join(short), encoding="utf-8")
    return room


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("START_HOME", str(tmp_path_factory.mktemp("start_home")))
        patch.delenv("WORKBOOK_HOME")
        yield


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A checkout that start.py has set up: two packages of its own, the rest is borrowed."""
    room = furnish(tmp_path_factory.mktemp("start") / "a room")
    venv.create(room / ".venv", with_pip=False, symlinks=True)
    site = room / f".venv/lib/python{OWN}/site-packages"
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (room / ".venv/bin/uv").symlink_to(Path(sys.executable).parent / "uv")
    ran = start(room, "setup")
    assert ran.code == 0, ran.out + ran.err
    return SimpleNamespace(room=room, site=site, env={})


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A checkout that is not set up yet, and an index on this machine to download from."""
    room = furnish(tmp_path_factory.mktemp("bare") / "a room")
    shelf = tmp_path_factory.mktemp("index") / "simple" / "iniconfig"
    shelf.mkdir(parents=True)
    version = re.search(r"^iniconfig==(\S+)", LOCK.read_text(encoding="utf-8"), re.M)[1]
    wheel = f"iniconfig-{version}"
    with zipfile.ZipFile(shelf / f"{wheel}-py3-none-any.whl", "w") as file:
        about = f"Metadata-Version: 2.1\nName: iniconfig\nVersion: {version}\n"
        file.writestr(f"{wheel}.dist-info/METADATA", about)
        file.writestr(f"{wheel}.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        file.writestr(f"{wheel}.dist-info/RECORD", "")
    serve = partial(Quiet, directory=str(shelf.parents[1]))
    with serving(serve, host="0.0.0.0") as server:
        # an address of this machine that no NO_PROXY names
        env = {"PIP_INDEX_URL": f"http://0.0.0.0:{server.server_port}/simple"}
        env |= {"PIP_TRUSTED_HOST": "0.0.0.0", "PIP_CONFIG_FILE": os.devnull}
        yield SimpleNamespace(room=room, env=env, shelf=shelf)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words) -> None:
        pass


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location("start", START)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bwrap = pytest.mark.skipif(
    not shutil.which("bwrap") or subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "true"], check=False, capture_output=True
    ).returncode != 0,
    reason="bubblewrap cannot run here",
)  # fmt: skip


def test_an_old_python_can_read_it():
    ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_an_old_python_is_told_and_a_newer_one_is_named(bare, tmp_path):
    old = tmp_path / "python3"
    patched = 'import sys, runpy; sys.version_info = (3, 9, 1, "final", 0); '
    patched += 'sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__")'
    old.write_text(f"#!/bin/sh\nexec {SELF} -c '{patched}' \"$@\"\n")
    old.chmod(0o755)
    found = filter(None, (shutil.which(f"python3.{minor}") for minor in (8, 9, 10)))
    works = [name for name in found if not subprocess.run([name, "-c", ""], check=False).returncode]
    for real in (str(old), *works):
        told = looked(bare.room, bare.env, command=[real, "start.py", "doctor", "--json"])
        assert told["python"]["mark"] == "x" and "too old" in told["python"]["what"]
        ran = start(bare.room, env=bare.env, command=["bash", "-c", told["python"]["fix"]])
        assert ran.code == 0 and "ok Python 3.1" in ran.out, ran.out
        ran = start(bare.room, env=bare.env, command=[real, "start.py", "lab"])
        assert ran.code == 2 and len(ran.err.splitlines()) == 1 and "3.11" in ran.err


def test_nothing_in_the_way_before_setup(bare):
    told = looked(bare.room, bare.env)
    assert {check["mark"] for name, check in told.items() if name != "setup"} <= {"ok", "!"}
    assert told["download"]["mark"] == "ok" and told["setup"]["mark"] == "!"
    assert "-GO" in start(bare.room, "doctor", env=bare.env).out


def test_a_proxy_that_does_not_answer(bare):
    env = bare.env | {"HTTP_PROXY": "http://127.0.0.1:9"}
    told = looked(bare.room, env)
    assert told["download"]["mark"] == "x" and "HTTP_PROXY" in told["download"]["what"]
    assert followed(bare.room, told["download"]["fix"], env)["download"]["mark"] == "ok"


def test_no_network_and_then_a_wheelhouse(bare):
    env = bare.env | {"PIP_NO_INDEX": "1"}
    told = looked(bare.room, env)["download"]
    assert told["mark"] == "x" and "start.py bundle --platform" in told["fix"]
    shelf = bare.room / "wheelhouse"
    shelf.mkdir()
    assert "lacks" in looked(bare.room, env)["download"]["what"], "an empty one does not fit"
    with zipfile.ZipFile(shelf / "duckdb-1.0-py3-none-any.whl", "w") as file:
        file.writestr(
            "duckdb-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: duckdb\nVersion: 1.0\n"
        )
        file.writestr("duckdb-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    assert looked(bare.room, env)["download"]["mark"] == "ok"
    shutil.rmtree(shelf)


def test_a_certificate_that_only_the_company_trusts(bare, tmp_path):
    pem, context = certificate(tmp_path)
    serve = partial(Quiet, directory=str(bare.shelf.parents[1]))
    with serving(serve, context) as server:
        index = f"https://localhost:{server.server_port}/simple"
        env = {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull}
        env |= {"PIP_CERT": None, "SSL_CERT_FILE": None}
        told = looked(bare.room, env)["download"]
        assert told["mark"] == "x" and "certificate" in told["what"]
        fix = told["fix"].replace("/path/of/company-ca.pem", str(pem))
        assert followed(bare.room, fix, env)["download"]["mark"] == "ok"


def test_a_bundle_is_for_its_platform_and_tells_what_is_missing(module, ready, bare):
    names = {
        name: {pin.split("==")[0] for pin, _ in module._pins(name, "3.12.99")}
        for name in module.PLATFORMS
    }
    assert "pywinpty" in names["win"] and "ptyprocess" in names["linux"] & names["mac-arm"]
    assert "pywinpty" not in names["linux"] | names["mac-intel"] and "pexpect" not in names["win"]
    (wheel,) = bare.shelf.glob("*.whl")
    pin = "==".join(wheel.name.split("-")[:2])
    hashed = "--hash=sha256:" + hashlib.sha256(wheel.read_bytes()).hexdigest()
    inner = [str(ready.room / ".venv/bin/python"), "start.py", "_gather", "win", "3.12"]
    with other_lock(ready.room, f"{pin} {hashed}\nnowhere==1 {hashed}\n"):
        ran = start(ready.room, env=bare.env, command=inner)
    assert ran.code == 1 and "not found: nowhere==1 for win, Python 3.12" in ran.out, ran.out
    assert [path.name for path in (ready.room / "wheelhouse").glob("*.whl")] == [wheel.name]
    shutil.rmtree(ready.room / "wheelhouse")


def test_a_proxy_that_would_get_the_kernels_traffic_and_no_make(ready, tmp_path):
    env = {"HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "intranet"}
    told = looked(ready.room, env | {"PATH": str(tmp_path)})
    assert told["make"]["mark"] == "!" and "not needed" in told["make"]["what"]
    fix = ["bash", "-c", told["make"]["fix"].replace("lab", "lab --version")]
    ran = start(ready.room, env={"PATH": f"{tmp_path}{os.pathsep}/bin"}, command=fix)
    assert ran.code == 0 and "To come back" in ran.out, ran.out + ran.err
    assert told["proxy"]["mark"] == "!" and told["kernel"]["mark"] == "ok"
    told = followed(ready.room, told["proxy"]["fix"], env)
    assert told["proxy"]["mark"] == "ok" and "make" not in told


def boxed(*options: str) -> list[str]:
    return ["bwrap", "--dev-bind", "/", "/", *options]


def _on_disk(folder: Path) -> int:
    """Bytes that a copy of a folder takes, in pages of 4,096."""
    sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(-(-size // 4096) * 4096 for size in sizes)


@bwrap
def test_a_full_disk(bare, tmp_path):
    look = f"cp -r '{bare.room}/.' '{tmp_path}'; cd '{tmp_path}'; exec {SELF} start.py "
    for size, mark in (("30000000", "x"), ("9000000000", "ok")):
        small = boxed("--size", size, "--tmpfs", str(tmp_path), "bash", "-c")
        told = looked(bare.room, bare.env, command=[*small, look + "doctor --json"])["disk"]
        assert told["mark"] == mark and ("free" in told["fix"]) == (mark == "x")
    for rest in (0, 200_000):  # bytes that are free
        size = str(_on_disk(bare.room) + rest)
        tiny = boxed("--size", size, "--tmpfs", str(tmp_path), "bash", "-c", look + "setup")
        ran = start(bare.room, env=bare.env, command=tiny)
        assert ran.code == 2 and "disk is full" in ran.err.splitlines()[-1], ran.err
        assert not rest or len(ran.err.splitlines()) == 1, ran.err


@bwrap
def test_a_folder_that_cannot_be_written(bare, tmp_path):
    env, locked = bare.env | {"HOME": str(tmp_path)}, boxed("--ro-bind", *[str(bare.room)] * 2)
    told = looked(bare.room, env, command=[*locked, sys.executable, "start.py", "doctor", "--json"])
    assert told["folder"]["mark"] == "x"
    ran = start(bare.room, env=env, command=[*locked, sys.executable, "start.py", "setup"])
    assert ran.code == 2 and len(ran.err.splitlines()) == 1 and "cannot be written" in ran.err
    fix = told["folder"]["fix"]
    ran = start(bare.room, env=env, command=[*locked, "bash", "-c", fix])
    assert ran.code == 0 and f"ok {tmp_path}/operator-workbook can be written" in ran.out


@bwrap
def test_pages_that_cannot_be_written(ready, tmp_path):
    (ready.room / "work").mkdir(exist_ok=True)
    env, locked = {"HOME": str(tmp_path)}, boxed("--ro-bind", *[str(ready.room / "work")] * 2)
    told = looked(
        ready.room, env, command=[*locked, sys.executable, "start.py", "doctor", "--json"]
    )
    assert told["work"]["mark"] == "x" and told["kernel"]["mark"] == "ok"
    code = f"{told['work']['fix']}; {SELF} start.py doctor"
    ran = start(ready.room, env=env, command=[*locked, "bash", "-c", code])
    assert ran.code == 0 and "operator-work can be written" in ran.out, ran.out


def test_a_ready_checkout(ready):
    ran = start(ready.room, "doctor")
    assert ran.code == 0 and "-OK" in ran.out and "\nx " not in ran.out, ran.out
    for words in ("the lock's", "kernel python3", "kernel answers", "the workbook is", "written"):
        assert f"{words}" in ran.out
    before = (ready.room / ".venv/.ready").stat().st_mtime_ns
    assert start(ready.room, "setup").out == "", "a second start does nothing"
    assert (ready.room / ".venv/.ready").stat().st_mtime_ns == before


def test_a_kernelspec_of_another_environment(ready, tmp_path):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    shutil.copy(sys.executable, tmp_path / "python3")
    argv = [str(tmp_path / "python3"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3"}))
    env = {"JUPYTER_PATH": str(tmp_path)}
    told = looked(ready.room, env)["kernelspec"]
    assert told["mark"] == "x" and str(tmp_path) in told["what"]
    assert followed(ready.room, told["fix"], env)["kernelspec"]["mark"] == "ok"


def off_the_lock(ready):
    (about,) = ready.site.glob("iniconfig-*.dist-info/METADATA")
    about.write_text(re.sub(r"^Version: .*$", "Version: 0.1", about.read_text(), flags=re.M))


def other_kernelspec(ready):
    spec = ready.room / ".venv/share/jupyter/kernels/python3/kernel.json"
    spec.write_text(json.dumps({"argv": ["/usr/bin/python3"], "display_name": "Python 3"}))


def dead_kernel(ready):
    (ready.site / "ipykernel_launcher.py").write_text("raise SystemExit(3)")


def other_checkout(ready):
    (path,) = ready.site.glob("_*operator_workbook.pth")
    path.write_text(str(ready.room.parent) + "\n")


@pytest.mark.parametrize(
    "broken",
    [
        {"versions": off_the_lock, "kernelspec": other_kernelspec},
        {"kernel": dead_kernel},
        {"workbook": other_checkout},
    ],
    ids=" and ".join,
)
def test_setup_again_repairs(ready, broken):
    for cause in broken.values():
        cause(ready)
    told = looked(ready.room)
    assert {name for name, check in told.items() if check["mark"] == "x"} == set(broken)
    assert all("setup --again" in told[name]["fix"] for name in broken)
    told = followed(ready.room, told[next(iter(broken))]["fix"])
    assert all(told[name]["mark"] == "ok" for name in (*broken, "kernel", "workbook"))


@contextmanager
def other_lock(room: Path, text: str):
    """The room with another lock."""
    lock = room / "requirements.lock"
    before = lock.read_text(encoding="utf-8")
    lock.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        lock.write_text(before, encoding="utf-8")


def test_a_failed_update_leaves_what_worked(ready):
    stamp = ready.room / ".venv/.ready"
    before = stamp.read_text()
    with other_lock(ready.room, f"no-such-package-of-ours==1 --hash=sha256:{'0' * 64}\n"):
        ran = start(ready.room, "setup", env={"UV_OFFLINE": "1"})
    assert ran.code == 2 and len(ran.err.splitlines()) == 1 and "Fix:" in ran.err, ran.err
    assert stamp.read_text() == before
    assert start(ready.room, "setup").out == ""


def test_setup_for_a_judge_has_the_same_packages_and_less_bytecode(module, ready, monkeypatch):
    done: dict[bool, list[list[str]]] = {True: [], False: []}
    for name in ("STAMP", "VENV"):
        here = str(getattr(module, name)).replace(str(ROOT), str(ready.room))
        monkeypatch.setattr(module, name, Path(here))
    monkeypatch.setattr(module, "_inside", lambda code: "done")
    stamp = module.STAMP.read_text()
    for judge, commands in done.items():
        monkeypatch.setattr(module, "_step", lambda what, argv, env, to=commands: to.append(argv))
        module._install("another lock", [], judge=judge)
    module.STAMP.write_text(stamp)
    packages, compiled, own = done[True]
    plain = [[word for word in argv if word != "--compile-bytecode"] for argv in done[False]]
    assert [packages, own] == plain, "nothing else differs"
    assert compiled[2:] == [module.COMPILE, str(os.cpu_count()), *module.JUDGES]
    assert [name for name in module.JUDGES if not importlib.util.find_spec(name)] == []


def test_what_is_compiled_for_a_judge_is_no_test(module, ready):
    for name in ("pack/one.py", "pack/tests/two.py"):
        (ready.site / name).parent.mkdir(parents=True, exist_ok=True)
        (ready.site / name).write_text("")
    python = ready.room / ".venv/bin/python"
    command = [python, "-c", module.COMPILE, "1", "pack", "not_there"]
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
    assert [path.name.split(".")[0] for path in ready.site.glob("pack/**/*.pyc")] == ["one"]
    shutil.rmtree(ready.site / "pack")


def test_what_is_to_be_made_anew(module, ready, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "STAMP", stamp := tmp_path / "stamp")
    for name in ("ROOT", "LOCK", "VENV", "PYTHON"):
        here = str(getattr(module, name)).replace(str(ROOT), str(ready.room))
        monkeypatch.setattr(module, name, here if name == "PYTHON" else Path(here))
    stamp.write_text(good := module._stamp())
    assert module._state() == "ready"
    for text, state in (
        ("unfinished", "interrupted"),
        (good.replace("a room", "another room"), "moved"),
        (good.replace(f"({sys.version_info[0]}", "(2"), "broken"),
        (good[:-1], "another lock"),
        ("", "another lock"),
    ):
        stamp.write_text(text)
        assert module._state() == state
    monkeypatch.setattr(module, "PYTHON", str(tmp_path / "gone"))
    assert module._state() == "broken"
    monkeypatch.setattr(module, "VENV", tmp_path / "none")
    assert module._state() == "not there"
    assert {"interrupted", "moved", "broken", "not there"} == set(module.FRESH)


def test_ctrl_c_is_one_line_and_the_next_start_begins_anew(bare, tmp_path):
    room = shutil.copytree(bare.room, tmp_path / "room")
    child = subprocess.Popen(
        [sys.executable, "start.py", "setup"], cwd=room, env=clean() | bare.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        # Who started the tests may have told everything below it not to listen.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    stamp = room / ".venv/.ready"
    while not stamp.exists():
        time.sleep(0.05)
        assert child.poll() is None
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130 and len(err.splitlines()) == 1, err
    assert stamp.read_text() == "unfinished"
    assert "interrupted" in looked(room, bare.env)["setup"]["what"]


def test_readiness_codes_round_trip(module):
    for size in (0, 1, 3):
        for faults in itertools.combinations(module.FAULTS, size):
            for is_set_up in (False, True):
                code = module.readiness(faults, is_set_up)
                told = module.explain(code.lower().replace("0", "o"))
                assert told.endswith(": " + (", ".join(faults) or "no fault"))
                assert (" not set up yet:" in told) != is_set_up and f"Python {OWN}" in told
    assert len({module.readiness([name], True) for name in module.FAULTS}) == len(module.FAULTS)


@pytest.mark.parametrize("code", ["", "OW-0B00", "OW-0B00-X1", "OW-0BU0-OK", "OW-ZB00-OK", "hello"])
def test_what_is_no_readiness_code(bare, code):
    ran = start(bare.room, "doctor", "--explain", code or "-")
    assert ran.code == 2 and len(ran.err.splitlines()) == 1


def test_the_page_on_readiness_codes_names_every_fault(module):
    page = (ROOT / "docs/self-paced.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in module.FAULTS)
    for code, meaning in re.findall(r"`(OW-\w{4}-\w+)`: ([^\n|]+)", page):
        assert module.explain(code) == meaning.strip().rstrip("."), code


def test_wrong_words_are_told(bare):
    for words in (["dance"], ["setup", "--nonsense"], ["bundle", "--platform", "amiga"]):
        ran = start(bare.room, *words)
        assert ran.code == 2 and "usage" in ran.err
    assert start(bare.room).out == start(bare.room, "--help").out
    alone = bare.room / "alone"
    alone.mkdir()
    shutil.copy(START, alone)
    ran = start(alone, "lab")
    assert ran.code == 2 and len(ran.err.splitlines()) == 1 and "requirements.lock" in ran.err


@pytest.mark.parametrize("user", [0, 1000])
def test_root_may_open_the_lab_as_in_a_container(module, monkeypatch, tmp_path, user):
    began = []
    monkeypatch.setattr(module, "HOME", tmp_path)
    monkeypatch.setattr(module, "setup", lambda given: 0)
    monkeypatch.setattr(module, "_output", lambda *_: (0, ""))
    monkeypatch.setattr(module, "_run", lambda command, env: began.append(command) or 0)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert module.lab(SimpleNamespace(), ["--no-browser"]) == 0
    (command,) = began
    assert f"--ServerApp.allow_root={user == 0}" in command
    assert command[-1] == "--no-browser"
    assert "--ServerApp.ip=127.0.0.1" in command, "root's server listens to nobody else"
