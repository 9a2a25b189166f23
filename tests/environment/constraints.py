"""constraints.txt: the lock's versions without hashes, for conda and plain pip."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK, CONSTRAINTS = ROOT / "requirements.lock", ROOT / "constraints.txt"


def from_lock() -> str:
    """The pinned requirements of the lock, one a line, with their markers."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix("\\").strip() for line in lines if re.match(r"^[A-Za-z0-9]", line)]
    return "\n".join(["# Made from requirements.lock by `make lock`.", *pins]) + "\n"


if __name__ == "__main__":
    CONSTRAINTS.write_text(from_lock(), encoding="utf-8")
