"""The learner's own copy of the pages: where it is, and how it is made."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from workbook import pages, syntax
from workbook.errors import UsageError, WorkbookError

MARK = "workbook.toml"
DEFAULT_SEED = 7
LONGEST = 200  # letters of a learner's name
MOST_SEED = 10**18  # what worlds add to it stays within 63 bits


@dataclass(frozen=True)
class Workspace:
    """A folder with the learner's pages and progress."""

    folder: Path

    @property
    def progress(self) -> Path:
        """The file that keeps the learner's progress."""
        return self.folder / "progress.db"

    @property
    def runs(self) -> Path:
        """Where executed copies of the pages go."""
        return self.folder / "runs"

    @property
    def started(self) -> dict[str, Any]:
        """The learner and seed it was started with; empty where nothing was started."""
        try:
            told = tomllib.loads((self.folder / MARK).read_text(encoding="utf-8"))
            seed = checked_seed(int(told["seed"]))
            return {"learner": str(told["learner"]), "seed": seed}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, OverflowError, UsageError):
            raise WorkbookError(
                f"{self.folder.name}/{MARK} cannot be read: remove it, then `workbook start`"
            ) from None

    def page(self, notebook: str) -> Path:
        """The learner's copy of a page."""
        return self.folder / f"{notebook}.ipynb"

    def keep(self, exercise: str, source: str) -> Path:
        """Save a copy of an answer before it is replaced; returns where."""
        folder = self.folder / "kept"
        folder.mkdir(parents=True, exist_ok=True)
        names = (folder / f"{exercise}-{number}.py" for number in count(1))
        kept = next(path for path in names if not path.exists())
        kept.write_text(source, encoding="utf-8", errors="backslashreplace")
        return kept

    def remembered(self, name: str) -> Path:
        """The release of a page that the learner's copy was made from."""
        return self.folder / ".pristine" / name

    def remember(self, source: Path) -> None:
        """Keep the release of a page that the learner's copy stands on now."""
        kept = self.remembered(source.name)
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, kept)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write documents beside the pages; raises WorkbookError where that cannot be done."""
        for name, text in files.items():
            try:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                content = text.encode() if isinstance(text, str) else text
                (self.folder / name).write_bytes(content)
            except OSError as error:
                raise WorkbookError(f"{name} cannot be written: {error.strerror}") from None


def of_page() -> Workspace | None:
    """The workspace that WORKBOOK_HOME names, or the one that a running page lies in."""
    if named := _named():
        return Workspace(named)
    here = Path.cwd().resolve()
    inside = (folder for folder in (here, *here.parents) if (folder / MARK).is_file())
    return next(map(Workspace, inside), None)


def find(checkout: Path) -> Workspace | None:
    """The workspace around this folder, else the checkout's work/, if either was started."""
    beside = Workspace(checkout / "work")
    return of_page() or (beside if beside.started else None)


def planned(checkout: Path) -> Workspace:
    """Where `workbook start` makes one: in WORKBOOK_HOME, else in the checkout's work/."""
    return Workspace(_named() or checkout / "work")


def _named() -> Path | None:
    """The folder that WORKBOOK_HOME names; raises WorkbookError."""
    home = os.environ.get("WORKBOOK_HOME")
    try:
        return Path(home).resolve() if home else None
    except (OSError, RuntimeError, ValueError):  # such as links that lead in a circle
        raise WorkbookError(
            f"WORKBOOK_HOME={home!r} does not lead to a folder: set it to another one"
        ) from None


def checked_seed(seed: object) -> int:
    """A seed that every world bears; raises UsageError."""
    if type(seed) is int and 0 <= seed <= MOST_SEED:
        return seed
    digits = isinstance(seed, int) and seed.bit_length() > 99
    told = "a number of many digits" if digits else repr(seed)
    raise UsageError(f"seed={told}: a whole number from 0 to 10^18 is needed")


def seed_of(learner: str) -> int:
    """A learner's seed, so that neighbours have different data: 1 to 9999, from the name."""
    name = unicodedata.normalize("NFC", learner).strip().lower()
    return 1 + int(hashlib.sha256(name.encode()).hexdigest(), 16) % 9999


def checked_name(learner: str) -> str:
    """A learner's name in its one Unicode form; raises UsageError where it cannot be written."""
    name = unicodedata.normalize("NFC", learner).strip(" ")
    if not name.isprintable() or len(name) > LONGEST:
        raise UsageError(
            f"--learner: a name of at most {LONGEST} letters on one line, in UTF-8, is needed"
        )
    return name


def start(folder: Path, sources: list[Path], learner: str, seed: int | None) -> list[Path]:
    """Copy the pages to `folder` with the learner's seed in them; returns the pages that are new.

    A page that is already there is the learner's work and is left alone. Raises WorkbookError
    where the folder cannot be written, UsageError where it belongs to another learner.
    """
    learner = checked_name(learner)
    if seed is None:
        seed = seed_of(learner) if learner else DEFAULT_SEED
    checked_seed(seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, learner, seed)
        return [page for source in sources if (page := _copy(source, folder, seed))]
    except OSError as error:
        raise WorkbookError(f"{folder.name}/ cannot be written: {error.strerror}") from None


def _claim(folder: Path, learner: str, seed: int) -> None:
    mark = folder / MARK
    told = f"learner = {_quoted(learner)}\nseed = {seed}\n"
    if mark.exists() and mark.read_text(encoding="utf-8") != told:
        raise UsageError(
            f"{folder.name}/ was started with another learner or seed (see "
            f"{folder.name}/{MARK}): set WORKBOOK_HOME to another folder"
        )
    mark.write_text(told, encoding="utf-8")
    if not (folder / ".gitignore").exists():  # `workbook ci` writes another one
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _copy(source: Path, folder: Path, seed: int) -> Path | None:
    target = folder / source.name
    if target.exists():
        return None
    page = pages.read(source)
    for cell in page["cells"]:
        if "parameters" in pages.tags(cell):
            cell["source"] = set_parameter(cell["source"], "seed", seed)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    # Jupyter writes this when it saves; nbconvert needs it to know that a script is a .py file.
    page["metadata"] = page.get("metadata", {}) | {"language_info": pages.PYTHON}
    pages.write(target, page)
    Workspace(folder).remember(source)
    return target


def set_parameter(source: str, name: str, value: object) -> str:
    """Replace one parameter's default in a parameters cell."""
    return re.sub(
        rf"^({name}\b[^=\n]*=\s*)([^#\n]*?)(\s*(?:#.*)?)$",
        lambda m: f"{m[1]}{value!r}{m[3]}",
        source,
        count=1,
        flags=re.M,
    )


def parameters(page: pages.Page) -> dict[str, object]:
    """The defaults that stand in a page's parameters cell."""
    found: dict[str, object] = {}
    for cell in page["cells"]:
        tree = syntax.parse(cell["source"]) if "parameters" in pages.tags(cell) else None
        for node in tree.body if tree else ():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = ast.literal_eval(node.value)
    return found
