"""The labs as they lie in the checkout: exercises, findings, hints, cards and planted answers."""

from __future__ import annotations

import functools
import importlib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbook.answer import Answer
from workbook.errors import UsageError, WorkbookError
from workbook.results import Case

_SECTION = re.compile(
    r"^(?:#|--|<!--) %% (reference|other|wrong)(?:: ([^>]+?))?(?: -> (\S+))?(?: -->)?$"
)
_SUFFIXES = (".py", ".sql", ".yml", ".md")


@dataclass(frozen=True)
class Section:
    """One planted answer: `kind` is reference, other or wrong; `finding` names what it must get."""

    kind: str
    name: str
    finding: str
    text: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lab; minutes are those of a mid-level engineer new to the tool.

    `confirm`: how an instrument confirms a pass with nothing of ours in the answer's process:
    `files`, the method of the world that writes answers out as commands; `folder`, where they run;
    `first`, what makes the state; `beside`, what runs meanwhile; `by`, the instrument's command.
    """

    lab: Lab
    id: str
    title: str
    minutes: int
    core: bool = False
    bound: bool = False
    uses: tuple[str, ...] = ()
    seconds: float = 10.0
    quick: str = ""
    confirm: Mapping[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The exercise's id as a file name."""
        return self.id.replace("-", "_")

    def cases(self, answer: Answer, seed: int) -> Iterator[Case]:
        """The situations of the exercise's check, smallest first."""
        check = importlib.import_module(f"labs.{self.lab.id}.checks.{self.module}")
        run: Callable[[Answer, int], Iterator[Case]] = check.cases
        return run(answer, seed)

    def prepare(self) -> None:
        """Import the check and its world before an answer runs that could change their files."""
        importlib.import_module(f"labs.{self.lab.id}.checks.{self.module}")

    @functools.cached_property
    def sections(self) -> list[Section]:
        """The planted answers, the reference first; raises WorkbookError where a page is judged."""
        if os.environ.get("WORKBOOK_JUDGED"):  # in a sandbox they are not there either
            raise WorkbookError(
                f"where a page is judged from outside, no answer to {self.id} is shown; "
                f'lab.continue_from("{self.id}") is, if it names the exercise as it stands here'
            )
        for suffix in _SUFFIXES:
            path = self.lab.folder / "answers" / (self.module + suffix)
            if path.exists():
                return _sections(path) + _edited(path)
        raise WorkbookError(f"labs/{self.lab.id}/answers has no file for {self.id!r}")

    @property
    def reference(self) -> Section:
        """The reference answer."""
        return self.sections[0]

    @property
    def stand_in(self) -> Section:
        """What other exercises' planted answers build on: `quick`, a name, where one is told."""
        return next((s for s in self.sections if s.name == self.quick), self.reference)

    @property
    def hints(self) -> list[str]:
        """Three steps, as Markdown: nudge, method, nearly there."""
        text = self.lab.notes.get(self.id, "")
        return [step.strip() for step in re.split(r"^\d\. ", text, flags=re.M)[1:]]


@dataclass(frozen=True)
class Lab:
    """One lab folder.

    `findings`: finding id -> its message, expected, cost and look. `nets`: the findings of last
    resort, which no planted answer has to get first. `raising`: the findings whose words are about
    code that raises. `preload`: modules that later cells need and that take long to import.
    """

    id: str
    folder: Path
    step: int
    title: str
    notebook: str
    minutes: int
    objectives: tuple[str, ...]
    prerequisites: tuple[str, ...]
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    nets: frozenset[str] = frozenset()
    raising: frozenset[str] = frozenset()
    preload: tuple[str, ...] = ()
    exercises: dict[str, Exercise] = field(default_factory=dict)

    @property
    def page(self) -> Path:
        """The pristine notebook."""
        return self.folder.parent.parent / "notebooks" / f"{self.notebook}.ipynb"

    def exercise(self, exercise_id: str) -> Exercise:
        """Raises UsageError for an id that this lab does not have."""
        if exercise_id not in self.exercises:
            known = ", ".join(self.exercises)
            if not exercise_id:
                raise UsageError(f"name an exercise of {self.id}: {known}")
            raise UsageError(f"{self.id} has no exercise {exercise_id!r}; it has: {known}")
        return self.exercises[exercise_id]

    def world(self, seed: int, **parameters: Any) -> Any:
        """The small world that the page plays with."""
        return importlib.import_module(f"labs.{self.id}.world").World(seed, **parameters)

    @functools.cached_property
    def notes(self) -> dict[str, str]:
        """hints.md by heading: exercise ids, and primer cards as `card: NAME`."""
        text = (self.folder / "hints.md").read_text(encoding="utf-8")
        parts = re.split(r"^## (.+)$", text, flags=re.M)[1:]
        return {
            head.strip(): body.strip() for head, body in zip(parts[::2], parts[1::2], strict=True)
        }

    def card(self, name: str) -> str:
        """A primer card as Markdown; raises UsageError."""
        cards = {head[6:]: body for head, body in self.notes.items() if head.startswith("card: ")}
        if name not in cards:
            raise UsageError(f"{self.id} has no card {name!r}; it has: {', '.join(cards)}")
        return cards[name]


def root() -> Path:
    """The checkout that holds labs/ and notebooks/; raises WorkbookError without one."""
    here = Path.cwd().resolve()
    for folder in (Path(__file__).resolve().parent.parent, here, *here.parents):
        if (folder / "labs").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise WorkbookError("the labs and pages are not installed: work in a checkout of the workbook")


def labs() -> list[Lab]:
    """Every lab of the checkout, by step."""
    found = [load(path.parent.name) for path in (root() / "labs").glob("*/lab.toml")]
    return sorted(found, key=lambda lab: lab.step)


def chosen(wanted: str) -> list[Lab]:
    """The lab of that step or id, every lab for ""; raises UsageError."""
    found = [lab for lab in labs() if wanted in ("", str(lab.step), lab.id)]
    if not found:
        known = ", ".join(f"{lab.step} ({lab.id})" for lab in labs())
        raise UsageError(f"there is no lab {wanted!r}; there are: {known}")
    return found


@functools.cache
def load(lab_id: str) -> Lab:
    """Read one lab's lab.toml; raises UsageError for an unknown lab."""
    base = root()
    path = base / "labs" / lab_id / "lab.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.parent.name for p in (base / "labs").glob("*/lab.toml")))
        raise UsageError(f"there is no lab {lab_id!r}; there are: {known}")
    if str(base) not in sys.path:
        sys.path.insert(0, str(base))
    return _lab(path, tomllib.loads(path.read_text(encoding="utf-8")))


def _lab(path: Path, told: dict[str, Any]) -> Lab:
    exercises, findings = told.pop("exercises"), told.pop("findings")
    told = {key: tuple(v) if isinstance(v, list) else v for key, v in told.items()}
    nets, raising = (
        frozenset(item["id"] for item in findings if item.pop(mark, False))
        for mark in ("net", "raises")
    )
    named = {item.pop("id"): item for item in findings}
    lab = Lab(
        id=path.parent.name, folder=path.parent, findings=named, nets=nets, raising=raising, **told
    )
    for item in exercises:
        item["uses"] = tuple(item.get("uses", ()))
        lab.exercises[item["id"]] = Exercise(lab=lab, **item)
    return lab


def find(exercise_id: str) -> Exercise:
    """The exercise of that id in whichever lab has it; raises UsageError."""
    for lab in labs():
        if exercise_id in lab.exercises:
            return lab.exercises[exercise_id]
    known = ", ".join(e for lab in labs() for e in lab.exercises)
    raise UsageError(f"there is no exercise {exercise_id!r}; there are: {known}")


def _sections(path: Path) -> list[Section]:
    sections: list[Section] = []
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        heading = _SECTION.match(line)
        if heading:
            lines = []
            kind, name, finding = (part or "" for part in heading.groups())
            sections.append(Section(kind, name or kind, finding, ""))
        elif sections:
            lines.append(line)
            sections[-1] = _with_text(sections[-1], lines)
    return sections


def _edited(path: Path) -> list[Section]:
    """Wrong answers told as edits of a right one (the reference unless `# of: NAME` follows)."""
    edits = path.with_suffix(".diff")
    if not edits.exists():
        return []
    right = {section.name: section.text for section in _sections(path)}
    return [replace(s, text=_applied(right, s.text)) for s in _sections(edits)]


def _applied(right: Mapping[str, str], edit: str) -> str:
    """A text with lines dropped (-) and put (+) where exactly one place says what stands there."""
    named = re.match(r"# of: (.+)\n", edit)
    lines = right[named[1] if named else "reference"].splitlines()
    for hunk in edit[named.end() if named else 0 :].strip("\n").split("\n@@\n"):
        told = [(line[:1], line[1:]) for line in hunk.splitlines()]
        old, new = ([text for mark, text in told if mark != other] for other in "+-")
        [at] = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
        lines[at : at + len(old)] = new
    return "\n".join(lines) + "\n"


def _with_text(section: Section, lines: list[str]) -> Section:
    return Section(section.kind, section.name, section.finding, "\n".join(lines).strip("\n") + "\n")
