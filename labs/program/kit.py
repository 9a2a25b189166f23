"""The kit: gates, standards and papers that a team pastes into its repository."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fieldkit.audit import skills, standards
from workbook.errors import UsageError
from workbook.terminal import short

TEMPLATES = Path(__file__).with_name("templates")
MARK = "standards.yml"


@dataclass(frozen=True)
class Written:
    """Paths below the repository: what was written, and what was there already and left alone."""

    made: tuple[str, ...]
    left: tuple[str, ...]


def write(folder: Path, *, force: bool = False) -> Written:
    """Write the kit into a repository; a file that is there stays, unless `force`.

    Raises UsageError for a folder that is not there or cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: is not a folder; name your repository's")
    made, left = [], []
    with tempfile.TemporaryDirectory() as place:
        for name in _laid_out(Path(place)):
            target = folder / name
            if (target.exists() or target.is_symlink()) and not force:
                left.append(name)
                continue
            _put(Path(place) / name, target)
            made.append(name)
    return Written(tuple(made), tuple(left))


def _laid_out(place: Path) -> list[str]:
    """The whole kit in an empty folder: the templates, and what is made from the standards."""
    shutil.copytree(TEMPLATES, place, dirs_exist_ok=True)
    skills.write(standards.read(place / MARK), place)
    found = [path for path in place.rglob("*") if path.is_file()]
    return sorted(path.relative_to(place).as_posix() for path in found)


def _put(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None


def show(written: Written, folder: Path) -> None:
    """Print what was written, what was left alone, and what to do first."""
    for name in written.made:
        print(f"  made        {name}")
    for name in written.left:
        print(f"  left alone  {name}")
    if written.left:
        print("What was there stays as it is; to replace it: --force")
    first = short(folder / "gates" / "settings.sh")
    print(f"Next:  say where your models, state and load are in {first}")
