"""The scorecard: verdicts, help and time, what each step saved, and what there is to take home."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fieldkit.options import version
from fieldkit.report.report import Figure, Header, Report, Section, Table, to_html
from labs.program import pictures
from workbook import catalog, render
from workbook.progress import Progress, Saving
from workbook.results import Verdict
from workbook.standing import amount, minutes_of, verdict
from workbook.workspace import Workspace

IDENTITY = Path(__file__).with_name("identity.toml")
OWN = {"workbook.toml", "progress.db", "progress.db-wal", "progress.db-shm", "plan.json"}
FOLDERS = {"runs", "kept", "backup", "evidence", ".pristine", ".ipynb_checkpoints", "__pycache__"}


@dataclass(frozen=True)
class Row:
    """One exercise; `minutes`: from the first attempt to the pass, pauses left out."""

    step: int
    exercise: str
    title: str
    core: bool
    verdict: str
    help: str
    attempts: int
    hints: int
    minutes: float
    planned: int

    @property
    def passed(self) -> bool:
        """Whether it was passed, with help or without."""
        return self.verdict == Verdict.PASSED


@dataclass(frozen=True)
class Scorecard:
    """What a learner has done by `at`, and what the labs' proofs found."""

    learner: str
    at: dt.datetime
    rows: tuple[Row, ...]
    savings: tuple[tuple[int, Saving], ...]
    papers: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many exercises are passed."""
        return sum(row.passed for row in self.rows)

    @property
    def unaided(self) -> int:
        """How many are passed without the solution."""
        return sum(row.passed and not row.help for row in self.rows)

    def earned(self, step: int) -> bool:
        """Whether a step's core exercises are passed."""
        core = [row for row in self.rows if row.step == step and row.core]
        return bool(core) and all(row.passed for row in core)

    @property
    def digest(self) -> str:
        """A checksum of verdicts, help and learner: it shows a change, and claims no identity."""
        told = [[r.exercise, r.verdict, r.help, r.attempts, r.hints] for r in self.rows]
        text = json.dumps([self.learner, told], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def statement(self) -> str:
        """What was completed, in a sentence."""
        who = self.learner or "The learner of these pages"
        return (
            f"{who} has passed {self.passed} of {len(self.rows)} exercises, {self.unaided} of them "
            f"without the solution (record {self.digest})."
        )


def read(home: Workspace | None, at: dt.datetime) -> Scorecard:
    """The scorecard of a workspace; of nothing done where there is none."""
    record = Progress(home.progress if home and home.progress.exists() else None)
    labs = catalog.labs()
    return Scorecard(
        str(home.started.get("learner", "")) if home else "",
        at,
        tuple(_row(exercise, record) for lab in labs for exercise in lab.exercises.values()),
        tuple((lab.step, saving) for lab in labs for saving in record.savings(lab.id)),
        tuple(_papers(home, {lab.notebook for lab in labs})) if home else (),
    )


def _row(exercise: catalog.Exercise, record: Progress) -> Row:
    standing = record.standing(exercise.id)
    return Row(
        exercise.lab.step,
        exercise.id,
        exercise.title,
        exercise.core,
        str(verdict(exercise, record)),
        standing.helped,
        standing.honest,
        standing.hints,
        round(minutes_of(record.attempts(exercise.id)), 1),
        exercise.minutes,
    )


def _papers(home: Workspace, pages: set[str]) -> list[str]:
    """What the pages have kept for the learner: files, and folders with how many they hold."""
    found = []
    for path in sorted(home.folder.iterdir()):
        if path.is_dir() and path.name not in FOLDERS and not path.name.startswith("."):
            files = sum(one.is_file() for one in path.rglob("*"))
            found.append(f"{path.name}/ ({files} files)")
        elif path.is_file() and path.name not in OWN and not path.name.startswith("."):
            found += [path.name] * (path.stem not in pages)
    return found


def show(found: Scorecard, *, as_json: bool) -> None:
    """Print the scorecard."""
    if as_json:
        told = asdict(found) | {"at": found.at.isoformat(), "statement": found.statement}
        told["savings"] = [{"step": step, **asdict(one)} for step, one in found.savings]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    print(render.table(_by_step(found))["text/plain"])
    if found.savings:
        print("\n" + render.table(_saved(found))["text/plain"])
    print(f"\n{found.statement}")


def _by_step(found: Scorecard) -> list[dict[str, object]]:
    rows = []
    for step in sorted({row.step for row in found.rows}):
        own = [row for row in found.rows if row.step == step]
        rows.append(
            {
                "step": step,
                "passed": f"{sum(r.passed for r in own)} of {len(own)}",
                "core": "✓ passed" if found.earned(step) else "○ open",
                "solution seen": sum(r.passed and bool(r.help) for r in own),
                "attempts": sum(r.attempts for r in own),
                "hints": sum(r.hints for r in own),
                "minutes": round(sum(r.minutes for r in own)),
                "planned": sum(r.planned for r in own),
            }
        )
    return rows


def _saved(found: Scorecard) -> list[dict[str, object]]:
    return [
        {
            "step": step,
            "what": one.what,
            "in": one.kind,
            "before": amount(one.before, one.kind),
            "now": amount(one.after, one.kind),
        }
        for step, one in found.savings
    ]


def page(found: Scorecard) -> str:
    """The scorecard as one page that needs nothing from elsewhere."""
    return to_html(report_of(found))


def report_of(found: Scorecard) -> Report:
    """The scorecard as a report: steps, savings, old and new identity, papers, every exercise."""
    whole = found.passed == len(found.rows)
    return Report(
        instrument="scorecard",
        verdict=f"{found.passed} OF {len(found.rows)} PASSED",
        status="good" if whole else "unsure",
        summary=found.statement,
        exit_code=0,
        sections=tuple(_sections(found)),
        header=Header(
            version(), f"{found.at:%Y-%m-%d %H:%M} UTC", "", "", 0.0, "workbook report", "workbook"
        ),
    )


def _sections(found: Scorecard) -> list[Section]:
    steps = Section("The steps", (), (_table(_by_step(found)),), figures=(_figure(found),))
    saved = (
        Section(
            "What the steps saved",
            ("As the pages' own proofs have found it, in the company of the workbook.",),
            (_table(_saved(found)),),
            figures=pictures.saved([one for _, one in found.savings]),
        )
        if found.savings
        else Section(
            "What the steps saved", ("Nothing is on record yet: run each page's Prove it.",)
        )
    )
    papers = found.papers or ("Nothing yet: each page's Take it to work keeps its papers here.",)
    return [
        steps,
        saved,
        Section("Who you were, and who you are", (), (_identity(found),)),
        Section("To take home", tuple(papers)),
        Section("Every exercise", (), (_exercises(found.rows),), detail=True),
        Section("The record", (_record(found),)),
    ]


def _figure(found: Scorecard) -> Figure:
    return pictures.steps(
        [
            (step, sum(r.passed and not r.help for r in own),
             sum(r.passed and bool(r.help) for r in own), sum(not r.passed for r in own))
            for step in sorted({row.step for row in found.rows})
            for own in [[row for row in found.rows if row.step == step]]
        ]
    )  # fmt: skip


def _record(found: Scorecard) -> str:
    return (
        f"Checksum of verdicts, help and name: {found.digest}. Whoever has the record can compute "
        "it again; it shows a change, and does not say who sat at the keyboard."
    )


def _table(rows: Sequence[dict[str, object]]) -> Table:
    names = tuple(rows[0])
    return Table(names, tuple(tuple(render.cell(r[n], n) for n in names) for r in rows))


def _identity(found: Scorecard) -> Table:
    told = tomllib.loads(IDENTITY.read_text(encoding="utf-8"))["row"]
    rows = tuple(
        (
            str(row["step"]), row["before"], row["now"],
            "✓ shown" if found.earned(row["step"]) else "○ not yet",
        )
        for row in told
    )  # fmt: skip
    return Table(("step", "before", "now", "core exercises"), rows)


def _exercises(rows: Sequence[Row]) -> Table:
    return Table(
        ("step", "exercise", "state", "help", "attempts", "hints", "minutes", "planned"),
        tuple(
            (
                str(row.step), row.exercise,
                _whole(render.badge(row.verdict)), _whole(row.help) or "–",
                str(row.attempts), str(row.hints), f"{row.minutes:.0f}", str(row.planned),
            )
            for row in rows
        ),
    )  # fmt: skip


def _whole(words: str) -> str:
    """Words that stay in one line of a narrow column."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")
