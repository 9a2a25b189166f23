"""Temporary files and tables that a run leaves behind, told apart from data by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from fieldkit.report.words import plural
from fieldkit.state.rows import EXAMPLES, KINDS, Delta, Example

# How loaders name what they write before a rename. `part-00000` is not among them: engines name
# their data files so.
TEMPORARY = re.compile(
    r"(^|/)[._~#][^/]*$|(^|[^a-z])(tmp|temp|temporary|partial|incomplete|inprogress|lock|swp|bak|"
    r"crdownload|download)([^a-z]|$)|\.part($|[._-])|~$",
    re.I,
)
# A name that no two runs share: a uuid, a long number, the suffix that mkstemp draws.
DRAWN = re.compile(r"[0-9a-f]{8}|\d{6}|\.[A-Za-z0-9_]{6,8}$")


@dataclass(frozen=True)
class Litter:
    """A temporary file with its bytes, or a temporary table with its rows."""

    name: str
    size: int
    unit: str = "byte"

    @property
    def description(self) -> str:
        """In words, for a report."""
        return f"{self.name} ({plural(self.size, self.unit)})"


def is_litter(name: str, *, missing: bool = False) -> bool:
    """Whether a file or table of this name, on one side only, is temporary.

    `missing`: only a whole run leaves it; then its name must be a drawn one, too, as a hidden
    checkpoint that is gone is a loss.
    """
    return bool(TEMPORARY.search(name)) and (not missing or bool(DRAWN.search(name)))


def other_files(
    label: str, expected: Mapping[str, str], observed: Mapping[str, str], folder: Path
) -> tuple[Delta, list[Litter]]:
    """Compare files that are not data by path and content (path -> checksum), litter apart."""
    gone = sorted(expected.keys() - observed.keys())
    came = sorted(observed.keys() - expected.keys())
    lost = [name for name in gone if not is_litter(name, missing=True)]
    unexpected = [name for name in came if not is_litter(name)]
    changed = sorted(n for n in expected.keys() & observed.keys() if expected[n] != observed[n])
    rows = {"lost": lost, "changed": changed, "unexpected": unexpected}
    examples = [
        Example(kind, {"path": name}, _side(name, expected), _side(name, observed))
        for kind in KINDS
        for name in rows.get(kind, ())
    ]
    delta = Delta(
        label, len(expected), len(observed), lost=len(lost), changed=len(changed),
        unexpected=len(unexpected), examples=tuple(examples[:EXAMPLES]),
    )  # fmt: skip
    return delta, [_file(folder, name) for name in came if is_litter(name)]


def _side(name: str, files: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    return ({"path": name, "sha256": files[name]},) if name in files else ()


def _file(folder: Path, name: str) -> Litter:
    path = folder / name
    return Litter(name, path.lstat().st_size if path.is_symlink() or path.exists() else 0)


def summary(litter: Collection[Litter]) -> str:
    """How much of it there is, and some names."""
    shown = sorted(litter, key=lambda one: one.name)[:3]
    more = f" and {len(litter) - len(shown)} more" if len(litter) > len(shown) else ""
    return ", ".join(one.description for one in shown) + more
