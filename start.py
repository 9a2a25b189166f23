"""The way in without make or git: `python start.py doctor | lab | test | bundle`.

Standard library only. Its syntax is that of Python 3.8, so that an old Python is told, not crashed.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import importlib.util
import itertools
import json
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV, WHEELS, LOCK = ROOT / ".venv", ROOT / "wheelhouse", ROOT / "requirements.lock"
WINDOWS = os.name == "nt"
POWERSHELL = len(os.environ.get("PSMODULEPATH", "").split(os.pathsep)) > 2  # cmd has two
PYTHON = str(VENV / ("Scripts/python.exe" if WINDOWS else "bin/python"))
HOME = Path(os.environ.get("WORKBOOK_HOME") or ROOT / "work").absolute()
STAMP, UNFINISHED = VENV / ".ready", "unfinished"
FRESH = ("not there", "interrupted", "moved", "broken")  # states in which .venv is made anew
OWN, OLDEST, NEWEST = sys.version_info[:2], (3, 11), (3, 13)  # the last two are known to work
OURS = f"{OWN[0]}.{OWN[1]}"
NEEDED = 2.5  # GB: .venv, and what its downloads leave in the cache
LONGEST = 90  # characters of the folder's path on Windows, where a file's path has at most 259
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYSTEMS = ("Linux", "Darwin", "Windows", "another system")
FAULTS = ("python", "disk", "folder", "download", "environment", "versions", "kernelspec")
FAULTS += ("kernel", "workbook", "work")
GLIBC = [f"manylinux{v}_" for v in ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014", "_2_5")]
PLATFORMS = {  # sys_platform, os_name, platform_system, platform_machine, tags of wheels
    "linux": ("linux", "posix", "Linux", "x86_64", [tag + "x86_64" for tag in GLIBC]),
    "linux-arm": ("linux", "posix", "Linux", "aarch64", [tag + "aarch64" for tag in GLIBC]),
    "mac-arm": ("darwin", "posix", "Darwin", "arm64", ["macosx_13_0_arm64"]),
    "mac-intel": ("darwin", "posix", "Darwin", "x86_64", ["macosx_13_0_x86_64"]),
    "win": ("win32", "nt", "Windows", "AMD64", ["win_amd64"]),
}
# What a judge imports, its answers included, is four fifths less to compile than all of the lock.
JUDGES = ["altair", "duckdb", "great_expectations", "narwhals", "numpy", "pandas"]
JUDGES += ["pydantic", "scipy", "sqlglot"]
COMPILE = """
import compileall, re, sys, sysconfig
tests = re.compile(r"[/\\\\](tests?|testing)[/\\\\]")
for name in sys.argv[2:]:
    folder = f"{sysconfig.get_path('purelib')}/{name}"
    compileall.compile_dir(folder, quiet=2, rx=tests, workers=int(sys.argv[1]))
"""
HERE = [n for n, p in PLATFORMS.items() if p[2] == platform.system()] or ["linux"]
HERE = next((n for n in HERE if PLATFORMS[n][3] == platform.machine()), HERE[0])


class Stop(Exception):
    """Ends a command with one line and exit code 2."""


class Check(NamedTuple):
    """One line of the doctor: ok, ! (a note) or x (a fault), and how to fix it."""

    name: str
    mark: str
    what: str
    fix: str = ""


def main(argv: list[str]) -> int:
    """Run a command; whatever a user can meet is one line on stderr."""
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace", line_buffering=True)
        if argv[:1] in (["_look"], ["_gather"]):  # in .venv's own Python
            return _look(argv[1]) if argv[0] == "_look" else _gather(*map(str.split, argv[1:]))
        parser = _parser()
        given, options = parser.parse_known_args(argv or ["--help"])
        if options and given.run not in (lab, test):
            parser.error(f"no such option: {options[0]}")
        if not LOCK.is_file():
            raise Stop("requirements.lock is not beside start.py: get the whole workbook")
        return given.run(given, options)
    except KeyboardInterrupt:
        why, code = "stopped; the next start goes on from here", 130
    except Stop as stop:
        why, code = str(stop), 2
    except BrokenPipeError:  # who read this has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        (what, fix), code = _cause(str(error)), 2
        why = f"{error.filename or what or 'a file'}: {error.strerror}. Fix:  {fix}"
    print("workbook: " + " ".join(why.split()), file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="start.py", description="The workbook, without make.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    told = {
        doctor: "is this machine ready? one fix for each fault",
        lab: "set up, open JupyterLab; options go to `jupyter lab`",
        test: "set up, run the tests; options go to pytest",
        bundle: "fill wheelhouse/ for machines without network",
        setup: "only set up .venv from the lock",
    }
    parsers = {
        run: commands.add_parser(
            run.__name__, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        for run, text in told.items()
    }
    for run, one in parsers.items():
        one.set_defaults(run=run)
    parsers[doctor].add_argument("--json", action="store_true", help="print JSON instead of text")
    parsers[doctor].add_argument("--explain", metavar="CODE", help="what a readiness code means")
    parsers[setup].add_argument("--again", action="store_true", help="install all once more")
    told = "for a job of CI: ready to judge sooner, slower at whatever else is first imported"
    parsers[setup].add_argument("--judge", action="store_true", help=told)
    pythons = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    choice = {"nargs": "+", "metavar": "NAME"}
    parsers[bundle].add_argument("--platform", choices=PLATFORMS, default=[HERE], **choice)
    parsers[bundle].add_argument("--python", choices=pythons, default=[OURS], **choice)
    return parser


# ---- set up


def setup(given: argparse.Namespace, _options: Sequence[str] = ()) -> int:
    """Set up .venv from the lock, where that is still to be done."""
    again = getattr(given, "again", False)
    if not again and _state() == "ready":
        return 0
    with _alone():
        state = _state()
        looks = (_python, _folder, _download) if state in FRESH else (_python, _folder)
        for fault in (check for check in (look() for look in looks) if check.mark == "x"):
            raise Stop(f"{fault.what}. Fix:  {fault.fix}")
        if again or state != "ready":
            more = ["--reinstall"] if again else []
            _install(state, more, judge=getattr(given, "judge", False))
    return 0


def _install(state: str, more: list[str], *, judge: bool) -> None:
    print(f"Setting up .venv ({state}):")
    before = STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""
    env = _downloads()
    source = ["--no-index", "--find-links", str(WHEELS)] if WHEELS.is_dir() else []
    if state in FRESH and VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    STAMP.write_text(UNFINISHED, encoding="utf-8")
    if state in FRESH:
        base = getattr(sys, "_base_executable", None) or sys.executable
        _step("an environment of its own (10 seconds)", [base, "-m", "venv", str(VENV)], env)
    if not _inside("import uv"):
        pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        _step("uv, which installs (10 seconds)", [*pip, *source, "uv"], env)
    uv = [PYTHON, "-m", "uv", "pip", "install", "-q", "--python", PYTHON, "--no-deps", *source]
    lock = ["--require-hashes", *["--compile-bytecode"] * (not judge), "-r", str(LOCK)]
    try:
        _step("the packages of the lock (1 to 3 minutes)", [*uv, *more, *lock], env)
    except Stop:  # uv changes nothing before it has everything: what worked, works
        STAMP.write_text(UNFINISHED if state in FRESH else before, encoding="utf-8")
        raise
    if judge:
        compiled = [PYTHON, "-c", COMPILE, str(os.cpu_count() or 1), *JUDGES]
        _step("what the judge imports, compiled (5 seconds)", compiled, env)
    _step("the workbook (5 seconds)", [*uv, "--no-build-isolation", "-e", str(ROOT)], env)
    STAMP.write_text(_stamp(), encoding="utf-8")


def _step(what: str, command: list[str], env: dict[str, str]) -> None:
    print(f"  {what} ... ", end="", flush=True)
    began = time.monotonic()
    code, told = _output(command, env)
    if code:
        full = shutil.disk_usage(ROOT).free < 1e8  # not every tool says so
        cause, fix = _cause("No space left" if full else told)
        print("failed" if cause else f"failed:\n{told.strip()[-3000:]}")
        raise Stop(f"{what.partition(' (')[0]}: {cause or 'failed as told above'}. Fix:  {fix}")
    print(f"{time.monotonic() - began:.0f} s")


def _output(command: Sequence[str], env: dict[str, str], limit: int = 3600) -> tuple[int, str]:
    """Exit code and output of a command that nobody talks to."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    how = {"timeout": limit, "encoding": "utf-8", "errors": "replace", **pipes}
    try:
        ran = subprocess.run(command, check=False, cwd=ROOT, env=env, **how)
        return ran.returncode, ran.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)


def _inside(code: str) -> str:
    """What .venv's Python prints of it, and `done`; "" where it cannot."""
    failed, told = _output([PYTHON, "-I", "-c", f"{code}; print('done')"], _environment())
    return "" if failed else told


def _cause(told: str) -> tuple[str, str]:
    """What a failed step's words come from, and the fix; ("", …) where that is not known."""
    given = [name for name in os.environ if re.fullmatch("(?i)(https?|all)_proxy", name)]
    proxy = sorted(given, key=lambda name: "s_" not in name.lower())[0] if given else "HTTPS_PROXY"
    bundled = f"start.py bundle --platform {HERE} --python {OWN[0]}.{OWN[1]}"
    lost = "wheelhouse/ lacks some for this machine" if WHEELS.is_dir() else "no network"
    causes = (
        ("No space left|os error (28|112)|Errno 28",
         "the disk is full", f"free {NEEDED} GB, then: {_me('lab')}"),
        ("CERTIFICATE_VERIFY|UnknownIssuer|invalid peer certificate|SSLError",
         "a certificate is not trusted: something looks into the traffic (IT has its certificate)",
         _export("SSL_CERT_FILE", "/path/of/company-ca.pem")),
        ("ProxyError|407|tunnel|to proxy",
         f"the proxy of {proxy} does not answer, or wants a password", _export(proxy)),
        ("Read-only|Permission denied|Access is denied|os error (30|13|5)",
         "a file cannot be written", f"close JupyterLab and its kernels, then: {_me('lab')}"),
        ("No matching distribution|was not found|resol|connect|timed out|dns|offline",
         lost, f"where there is network: python {bundled}; then copy wheelhouse/ beside start.py"),
    )  # fmt: skip
    known = (why for pattern, *why in causes if re.search(rf"(?i)({pattern})\b", told))
    return tuple(next(known, ("", _me("doctor"))))


def _state() -> str:
    """`ready`, or why .venv is to be set up."""
    if not VENV.is_dir():
        return "not there"
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""
    if stamp == UNFINISHED:
        return "interrupted"
    if stamp and not stamp.startswith(f"{ROOT}\n"):
        return "moved"
    made = _stamp()
    if not made or (stamp and stamp.split("\n")[1] != made.split("\n")[1]):
        return "broken"
    return "ready" if stamp == made else "another lock"


def _stamp() -> str:
    """What .venv is made for: this folder, its Python, the lock; "" where its Python is no good."""
    code = f"import sys; assert sys.version_info >= {OLDEST}; print(sys.version_info[:2])"
    version = _inside(code).partition("\n")[0]
    if not version:
        return ""
    files = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{ROOT}\n{version}\n{hashlib.sha256(files).hexdigest()}"


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait while another start.py sets up this folder; a port is a lock that dies with us."""
    port = 20000 + int(hashlib.sha256(str(ROOT).encode()).hexdigest(), 16) % 10000
    with contextlib.closing(socket.socket()) as lock:
        for wait in range(600):
            try:
                lock.bind(("127.0.0.1", port))
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    break
            told = f"Another start.py sets up this folder (it holds port {port}): waiting.\n"
            print(told * (not wait), end="")
            time.sleep(0.5)
        yield


def _environment() -> dict[str, str]:
    """The caller's variables, less those that make .venv slow or another environment's."""
    bad = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in bad}
    direct = filter(None, ("127.0.0.1,localhost", env.get("NO_PROXY") or env.get("no_proxy")))
    env["NO_PROXY"] = env["no_proxy"] = ",".join(direct)
    env["JUPYTER_PREFER_ENV_PATH"] = "1"
    env.setdefault("UV_SYSTEM_CERTS", "1")  # what the system trusts, behind a company's proxy
    return env


def _downloads() -> dict[str, str]:
    """For downloads: uv goes where pip is configured to go, and trusts what pip trusts."""
    env = _environment()
    env["PIP_REQUIRE_VIRTUALENV"] = env["PIP_USER"] = "0"  # habits that do not concern .venv
    if env.get("SSL_CERT_FILE"):
        env.setdefault("PIP_CERT", env["SSL_CERT_FILE"])
    names = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST"}
    names["cert"] = "SSL_CERT_FILE"
    _, told = _output([sys.executable, "-m", "pip", "config", "list"], env)
    for name, value in re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", told, re.M):
        if name in names:
            env.setdefault(names[name], value.replace("\\n", " ").strip())
    return env


# ---- work


def lab(given: argparse.Namespace, options: list[str]) -> int:
    """Open JupyterLab on the first page, with settings of its own: nobody's profile matters."""
    setup(given)
    env, own = _environment(), HOME / ".jupyter"
    code, told = _output([PYTHON, "-c", "from workbook.cli import main; main()", "start"], env)
    print(re.sub(r"^Next:.*\n?", "", told, flags=re.M).strip())
    if code:
        return code
    notices = own / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    notices.parent.mkdir(parents=True, exist_ok=True)
    if not notices.exists():
        notices.write_text('{"checkForUpdates": false, "fetchNews": "false"}', encoding="utf-8")
    for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTERLAB_SETTINGS", "JUPYTERLAB_WORKSPACES"):
        env[f"{name}_DIR"] = str(own / name.rpartition("_")[2].lower())
    env["IPYTHONDIR"] = str(own / "ipython")
    first = next((f"/tree/{page.name}" for page in sorted(HOME.glob("*.ipynb"))), "")
    fixed = {"ServerApp.ip": "127.0.0.1", "ServerApp.root_dir": HOME, "ServerApp.answer_yes": True}
    # In a container one is often root; the server is on the loopback and asks for its token.
    fixed["ServerApp.allow_root"] = getattr(os, "geteuid", lambda: 1)() == 0
    fixed["LabApp.default_url"] = f"/lab{first}"  # also where the printed address leads to
    command = [PYTHON, "-m", "jupyterlab", *(f"--{name}={v}" for name, v in fixed.items())]
    print("JupyterLab opens in the browser. Ctrl-C here ends it; your pages stay.")
    env["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="workbook-")
    code = _run([*command, *options], env)
    shutil.rmtree(env["JUPYTER_RUNTIME_DIR"], ignore_errors=True)
    print(f"JupyterLab has ended. To come back:  {_me('lab')}")
    return code


def test(given: argparse.Namespace, options: list[str]) -> int:
    """Run pytest, in three processes unless the options say otherwise: most tests also wait."""
    setup(given)
    return _run([PYTHON, "-m", "pytest", "-n", "3", *options], _environment())


def _run(command: list[str], env: dict[str, str]) -> int:
    """Run a command in the foreground: Ctrl-C is its own to handle, and it ends with us."""
    child = subprocess.Popen(command, cwd=ROOT, env=env)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    for patience in (None, 20, 20):
        try:
            return child.wait(patience)
        except KeyboardInterrupt:
            continue
        except subprocess.TimeoutExpired:
            child.terminate()
    child.kill()
    return child.wait()


def bundle(given: argparse.Namespace, _options: Sequence[str]) -> int:
    """Download what another machine needs into wheelhouse/."""
    setup(given)
    names, pythons = " ".join(given.platform), " ".join(given.python)
    return _run([PYTHON, __file__, "_gather", names, pythons], _downloads())


def _gather(names: list[str], pythons: list[str]) -> int:
    """In .venv: wheels of the lock for each platform and Python, and of uv."""
    from importlib.metadata import version

    missing = []
    WHEELS.mkdir(exist_ok=True)
    (WHEELS / ".gitignore").write_text("*\n", encoding="utf-8")
    for name, python in itertools.product(names, pythons):
        print(f"{name}, Python {python}: a minute or two ... ", end="", flush=True)
        wanted: dict[str, str] = {f"uv=={version('uv')}": ""}
        lost = _fetch(name, python, wanted, [])
        for patch in ("0", "99"):  # the lock tells early patch releases from later ones
            pins = {pin: hashes for pin, hashes in _pins(name, f"{python}.{patch}")}
            new = {pin: hashes for pin, hashes in pins.items() if pin not in wanted}
            lost += _fetch(name, f"{python}.{patch}", new, ["--require-hashes"])
            wanted.update(new)
        print(f"{len(wanted) - len(lost)} packages")
        missing += [f"{pin} for {name}, Python {python}" for pin in lost]
    files = list(WHEELS.glob("*.whl"))
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"wheelhouse/ holds {len(files)} files, {size:.0f} MB: copy it beside start.py there.")
    print(*(f"not found: {what}" for what in missing), sep="\n", end="\n" * bool(missing))
    return 1 if missing else 0


def _pins(name: str, python: str) -> Iterator[tuple[str, str]]:
    """The lock's pins that hold on a platform, with their hashes."""
    from packaging.requirements import Requirement

    keys = ("sys_platform", "os_name", "platform_system", "platform_machine")
    there = dict(zip(keys, PLATFORMS[name], strict=False))
    there.update(python_full_version=python, python_version=python.rpartition(".")[0])
    there.update(implementation_name="cpython", platform_python_implementation="CPython")
    for block in re.split(r"^(?=[A-Za-z0-9])", LOCK.read_text(encoding="utf-8"), flags=re.M)[1:]:
        need = Requirement(block.partition("--hash")[0].replace("\\", "").strip())
        if need.marker is None or need.marker.evaluate(there):
            yield f"{need.name}{need.specifier}", " ".join(re.findall(r"--hash=\S+", block))


def _fetch(name: str, python: str, wanted: dict[str, str], more: list[str]) -> list[str]:
    """Download wheels; returns the pins that have none for the platform."""
    pip = [PYTHON, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *more]
    pip += ["-d", str(WHEELS), "--python-version", python, "--implementation", "cp"]
    pip += [f"--platform={tag}" for tag in PLATFORMS[name][4]]
    left = dict(wanted)
    while left:
        listed = WHEELS / "wanted.txt"
        listed.write_text("\n".join(" ".join(line) for line in left.items()), encoding="utf-8")
        code, told = _output([*pip, "-r", str(listed)], dict(os.environ))
        listed.unlink()
        lost = re.search(r"No matching distribution found for (\S+)", told)
        if not code:
            break
        if not lost or lost[1] not in left:
            raise Stop(f"{_cause(told)[0] or told.strip()[-300:]}. Fix:  {_cause(told)[1]}")
        del left[lost[1]]
    return [pin for pin in wanted if pin not in left]


# ---- look


def doctor(given: argparse.Namespace, _options: Sequence[str]) -> int:
    """Look at this machine, then at the environment; end with a code for the facilitator."""
    if given.explain:
        print(explain(given.explain))
        return 0
    checks = []
    for check in _checks():
        checks.append(check)
        if not given.json:
            print(f"{check.mark:3}{check.what}" + f"\n   fix:  {check.fix}" * bool(check.fix))
    faults = [check.name for check in checks if check.mark == "x"]
    code = readiness(faults, any(check.name == "kernel" for check in checks))
    if given.json:
        listed = [check._asdict() for check in checks]
        print(json.dumps({"code": code, "faults": faults, "checks": listed}, indent=2))
    else:
        good = f"Nothing is in the way. Next:  {_me('lab')}" if code[-2:] == "GO" else "Ready."
        print(f"\n{'Not ready: ' + ', '.join(faults) if faults else good}\nReadiness code:  {code}")
    return 1 if faults else 0


def readiness(faults: Sequence[str], is_set_up: bool) -> str:
    """A short code: the system and whether .venv is set up, the Python, and the faults."""
    system = SYSTEMS.index(platform.system()) if platform.system() in SYSTEMS else 3
    arm = platform.machine().lower() in ("arm64", "aarch64")
    bits = sum(1 << FAULTS.index(name) for name in set(faults))
    numbers = (system << 2 | arm << 1 | is_set_up, OWN[1], bits >> 5, bits & 31)
    verdict = f"X{len(set(faults))}" if faults else "OK" if is_set_up else "GO"
    return f"OW-{''.join(ALPHABET[number] for number in numbers)}-{verdict}"


def explain(code: str) -> str:
    """What a readiness code means, in one line."""
    told = re.fullmatch(r"OW-([0-9A-Z]{4})-(OK|GO|X\d+)", code.strip().upper())
    letters = told[1].translate(str.maketrans("OIL", "011")) if told else "U"
    machine, minor, high, low = (ALPHABET.find(letter) for letter in letters.ljust(4, "U"))
    faults = [name for at, name in enumerate(FAULTS) if (high << 5 | low) >> at & 1]
    verdict = f"X{len(faults)}" if faults else "OK" if machine & 1 else "GO"
    if not told or "U" in letters or told[2] != verdict or machine >> 4:
        raise Stop(f"{code} is no readiness code: it looks like OW-1B00-OK")
    system = SYSTEMS[machine >> 2].replace("Darwin", "macOS") + " on ARM" * (machine >> 1 & 1)
    state = "set up" if machine & 1 else "not set up yet"
    return f"{system}, Python 3.{minor}, {state}: {', '.join(faults) or 'no fault'}"


def _checks() -> Iterator[Check]:
    python, folder, state = _python(), _folder(), _state()
    yield from (python, _disk(0.3 if state == "ready" else NEEDED), *_notes())
    if state == "ready":
        yield from _looked()
        yield _folder(HOME, "work")
        return
    yield folder
    if python.mark != "x" and folder.mark != "x":
        yield _download()
    yield Check("setup", "!", f"`lab` will set up .venv, about two minutes ({state})")


def _python() -> Check:
    told = f"Python {platform.python_version()}"
    if OWN < OLDEST:
        return Check("python", "x", f"{told} is too old, 3.11 or newer is needed", _newer())
    if importlib.util.find_spec("ensurepip") is None:
        return Check("python", "x", f"{told} has no venv", f"sudo apt install python{OURS}-venv")
    note = " is newer than 3.13, the newest that is known to work" if OWN > NEWEST else ""
    return Check("python", "!" if note else "ok", told + note)


def _newer() -> str:
    for minor in (12, 13, 11):  # one that is here
        command = ["py", f"-3.{minor}"] if WINDOWS else [f"python3.{minor}"]
        if not _output([*command, "-c", ""], dict(os.environ))[0]:
            return f"{' '.join(command)} start.py doctor"
    command = "py -3.12" if WINDOWS else "python3.12"
    return f"install Python 3.12 from python.org, then in a new terminal: {command} start.py doctor"


def _disk(needed: float) -> Check:
    free = shutil.disk_usage(ROOT).free / 1e9
    told = f"{free:.1f} GB free on the disk, {needed} GB needed"
    fix = f"free {needed - free:.1f} GB, then: {_me('doctor')}" if free < needed else ""
    return Check("disk", "x" if fix else "ok", told, fix)


def _folder(folder: Path = ROOT, name: str = "folder") -> Check:
    place = Path.home() / ("operator-work" if name == "work" else "operator-workbook")
    copy = [f'cp -r "{ROOT}" "{place}"', f'cd "{place}"', _me("doctor")]
    if WINDOWS:
        copy[:2] = [f'robocopy "{ROOT}" "{place}" /E', f'pushd "{place}"']
    then = " && " if not WINDOWS else "; " if POWERSHELL else " & "
    fix = _export("WORKBOOK_HOME", str(place)) if name == "work" else then.join(copy)
    if WINDOWS and len(str(ROOT)) > LONGEST:
        return Check(name, "x", f"the path of this folder is longer than {LONGEST} letters", fix)
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=there):
            return Check(name, "ok", f"{folder} can be written")
    except OSError as error:
        return Check(name, "x", f"{folder} cannot be written: {error.strerror}", fix)


def _notes() -> Iterator[Check]:
    """What may be in the way, but ends nothing."""
    with contextlib.suppress(AttributeError, ValueError, OSError):  # Windows does not tell
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
        note = "" if memory > 3.5 else ", 4 GB are comfortable: close other programs"
        yield Check("memory", "!" if note else "ok", f"{memory:.0f} GB of memory{note}")
    if set(urllib.request.getproxies_environment()) & {"http", "https", "all"}:
        direct = urllib.request.proxy_bypass_environment("127.0.0.1")
        name = "no_proxy" if "no_proxy" in os.environ else "NO_PROXY"
        value = ",".join(filter(None, ("127.0.0.1,localhost", os.environ.get(name))))
        note = "not" if direct else "too; `lab` and `test` prevent that, other programs do not:"
        fix = "" if direct else _export(name, value)
        yield Check("proxy", "ok" if direct else "!", f"a proxy is set, for 127.0.0.1 {note}", fix)
    if not shutil.which("make"):
        yield Check("make", "!", "make is not here; it is not needed", _me("lab"))
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", 8888)) == 0:
            yield Check("port", "!", "port 8888 is taken, by a JupyterLab? `lab` takes the next")


def _download() -> Check:
    """One package by pip, from where set-up would get it."""
    pins = dict(re.findall(r"^([\w-]+)(==[^\s;]+)", LOCK.read_text(encoding="utf-8"), re.M))
    name = "duckdb" if WHEELS.is_dir() else "iniconfig"
    source = ["--no-index", "--find-links", str(WHEELS)] if WHEELS.is_dir() else ["--no-cache-dir"]
    if importlib.util.find_spec("pip") is None:
        return Check("download", "!", "downloads cannot be tried: this Python has no pip")
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--retries", "1"]
        pip += ["--timeout", "15", "-d", place, *source, name + pins.get(name, "")]
        code, told = _output(pip, _downloads(), 120)
    if not code:
        return Check("download", "ok", "wheelhouse/ fits" if WHEELS.is_dir() else "downloads work")
    cause, fix = _cause(told)
    return Check("download", "x", cause or told[-200:], fix)


def _looked() -> list[Check]:
    """The checks of `_look`, from .venv's Python."""
    again = _me("setup --again")
    env, place = _environment(), tempfile.mkdtemp()
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        env[name] = place  # as in `lab`, nobody's profile matters
    _, told = _output([PYTHON, __file__, "_look", again], env, 180)
    shutil.rmtree(place, ignore_errors=True)
    line = next((line for line in told.splitlines() if line.startswith('[["')), "")
    if line:
        return [Check(*check) for check in json.loads(line)]
    last = (told.strip().splitlines() or ["no word"])[-1]
    return [Check("environment", "x", f".venv does not work: {last}", again)]


def _look(again: str) -> int:
    """In .venv: its versions, the kernel that JupyterLab would start, and what that one sees."""
    from importlib.metadata import distributions

    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    named = ((re.sub(r"[-_.]+", "-", d.name).lower(), d.version) for d in distributions())
    have = dict(reversed(list(named)))  # the first on the path is the one that is imported
    pins = (pin.split("==") for pin, _ in _pins(HERE, platform.python_version()))
    off = [f"{n} {have.get(n, 'missing')} not {v}" for n, v in pins if have.get(n) != v]
    told = f"not the lock's: {', '.join(off[:3])}" + f" and {len(off) - 3} more" * (len(off) > 3)
    told = told if off else f"the versions are the lock's ({len(have)} packages)"
    checks = [Check("versions", "x" if off else "ok", told, again)]
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
        known = {"python", "python3", f"python{OURS}"}  # Jupyter takes its own Python for these
        program = sys.executable if spec.argv[0] in known else spec.argv[0]
        own = os.path.normcase(Path(program).parent) == os.path.normcase(Path(PYTHON).parent)
        told = f"the kernel python3 is {program}, from {spec.resource_dir}"
        fix = _export("JUPYTER_PATH") if os.environ.get("JUPYTER_PATH") else again
    except NoSuchKernel:
        own, told, fix = False, "there is no kernel python3", again
    checks.append(Check("kernelspec", "ok" if own else "x", told, fix))
    checks += _kernel(again) if own else []
    print(json.dumps([c._replace(fix=c.fix if c.mark == "x" else "") for c in checks]))
    return 0


def _kernel(again: str) -> Iterator[Check]:
    """A kernel is started and asked where its workbook is."""
    from jupyter_client.manager import start_new_kernel

    code, heard, began = "import workbook; print(workbook.__file__)", [], time.monotonic()
    try:
        # from anywhere but here, where any Python would find the workbook
        manager, client = start_new_kernel(startup_timeout=60, cwd=tempfile.gettempdir())
        reply = client.execute_interactive(code, timeout=60, output_hook=heard.append)
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    except Exception as error:
        yield Check("kernel", "x", f"no kernel answers: {error!r:.200}", again)
        return
    yield Check("kernel", "ok", f"a kernel answers, in {time.monotonic() - began:.1f} s")
    content = reply["content"]
    found = "".join(message["content"].get("text", "") for message in heard).strip()
    told = f"the workbook is that of {found}" if found else f"no workbook: {content.get('evalue')}"
    own = found and ROOT in Path(found).resolve().parents
    yield Check("workbook", "ok" if own else "x", told, again)


def _export(name: str, value: str = "") -> str:
    """The line that sets or unsets a variable in the caller's shell."""
    if not WINDOWS:
        return f'export {name}="{value}"' if value else f"unset {name}"
    return f'$env:{name} = "{value}"' if POWERSHELL else f"set {name}={value}"


def _me(command: str) -> str:
    """How to call this file, with this Python."""
    name = Path(sys.executable).name.replace(".exe", "")
    found = shutil.which(name)
    same = found and Path(found).resolve() == Path(sys.executable).resolve()
    other = "py" if WINDOWS else shlex.quote(sys.executable)
    return f"{name if same else other} start.py {command}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
