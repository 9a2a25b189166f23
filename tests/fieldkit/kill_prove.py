"""Kills `fieldkit prove --in-place` at random moments and recovers: counts states not restored.

Run it: python -m tests.fieldkit.kill_prove --times 100
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.fieldkit.pipelines import PLANTED, command, content, state

CODE = "from fieldkit.cli import main; main()"


def attempt(kind: str, script: str, folder: Path, after: float, *, twice: bool) -> str:
    """Kill a proof so many seconds after its start, recover; "" or what is wrong then.

    `twice`: the first recovery is killed, too.
    """
    place = state(kind, folder / "state")
    before = content(place)
    env = {**os.environ, "FIELDKIT_HOME": str(folder / "home")}
    argv = [a.replace("{state}", str(place)) for a in command(kind, script, folder)]
    options = ["prove", "--in-place", "--state", str(place), "--reruns", "1", "--", *argv]
    prove = subprocess.Popen([sys.executable, "-c", CODE, *options], env=env, **QUIET)
    time.sleep(after)
    prove.send_signal(signal.SIGKILL)
    prove.wait()
    HIT.append(any((folder / "home" / "prove").glob("run-*/journal.json")))
    recover = [sys.executable, "-c", CODE, "prove", "--recover"]
    if twice:
        first = subprocess.Popen(recover, env=env, **QUIET)
        time.sleep(random.uniform(0.1, 0.4))
        first.kill()
        first.wait()
    ran = subprocess.run(recover, env=env, capture_output=True, text=True, check=False)
    return _wrong(ran, place, before, folder)


HIT: list[bool] = []  # whether each kill left something to recover
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _wrong(ran: subprocess.CompletedProcess[str], place: Path, before: object, folder: Path) -> str:
    if ran.returncode != 0:
        return f"recover: exit code {ran.returncode}: {ran.stderr.strip()}"
    if content(place) != before:
        return "the state is not as it was, byte for byte"
    left = [one.name for one in (folder / "home" / "prove").glob("run-*")]
    if left:
        return f"left behind: {left}"
    script = str(folder / "pipeline.py")
    alive = [p.pid for p in psutil.process_iter(["cmdline"]) if script in (p.info["cmdline"] or ())]
    return f"still running: {alive}" if alive else ""


def main() -> int:
    """Print how many of the attempts went wrong; exit code 1 if any did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    chance, wrong = random.Random(given.seed), []
    kinds = ["append", "checkpoint-with-data", "file-renamed", "merge"]
    for number in range(given.times):
        name, after = kinds[number % len(kinds)], chance.uniform(0.2, 3.0)
        kind, script, *_ = PLANTED[name]
        with tempfile.TemporaryDirectory() as folder:
            said = attempt(kind, script, Path(folder), after, twice=number % 5 == 0)
        if said:
            wrong.append(f"{name}, killed after {after:.2f} s: {said}")
    print(f"{given.times} proofs killed, {sum(HIT)} in the middle of it; {len(wrong)} not restored")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
